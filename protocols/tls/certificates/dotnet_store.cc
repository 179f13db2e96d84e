// See dotnet_store.h. What Kestrel's CertificateLoader does, over the folder that .NET itself reads
// (DirectoryBasedStoreProvider); a miss tells of each that had the subject why it was passed over.

#include "protocols/tls/certificates/dotnet_store.h"

#include "protocols/tls/certificates/home.h"
#include "protocols/tls/certificates/pfx.h"
#include "protocols/tls/certificates/read_file.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <algorithm>
#include <filesystem>
#include <optional>

namespace saker::tls {
namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    return out;
}

// "localhost, Example, Inc": as .NET shows it, without the kinds of the parts and any escapes.
std::string plain_subject(const X509* one) {
    const X509_NAME* const name = X509_get_subject_name(one);
    std::string text;
    for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
        unsigned char* part = nullptr;
        const int size =
            ASN1_STRING_to_UTF8(&part, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i)));
        if (size < 0) continue;
        if (!text.empty()) text += ", ";
        text.append(reinterpret_cast<const char*>(part), static_cast<size_t>(size));
        OPENSSL_free(part);
    }
    return text;
}

bool has_subject(const loaded_certificate& one, const std::string& wanted) {
    return lower(one.facts.subject).find(wanted) != std::string::npos ||
           lower(plain_subject(one.leaf.get())).find(wanted) != std::string::npos;
}

// Why it is passed over.
std::string_view objection(const loaded_certificate& to, bool allow_invalid,
                           std::chrono::sys_seconds now) {
    if (!to.key) return "has no private key";
    if (!allowed_for_server(to.leaf.get())) return "is not for servers";
    if (allow_invalid) return {};
    if (to.facts.not_after < now) return "has expired";
    if (to.facts.not_before > now) return "is not valid yet";
    return {};
}

// What was looked through, and what came of it.
struct search {
    std::optional<loaded_certificate> best;
    std::string passed_over;  // sentences
    size_t others = 0;        // with another subject
};

void look_at(const std::string& path, const certificate_source& wanted,
             std::chrono::sys_seconds now, search& into) {
    const auto file = read_file(path);
    if (!file) {
        into.passed_over += ' ' + file.error().text();
        return;
    }
    std::vector<std::string> mistakes;
    pfx_content content = read_pfx(file->bytes(), {}, in_quotes(path), mistakes);
    for (const std::string& one : mistakes) into.passed_over += ' ' + one;
    // One without a key is among the others.
    if (!content.leaf && !content.others.empty()) {
        content.leaf = std::move(content.others.front());
        content.others.erase(content.others.begin());
    }
    if (!content.leaf) return;
    loaded_certificate found;
    found.leaf = std::move(content.leaf);
    found.key = std::move(content.key);
    found.chain = std::move(content.others);
    found.facts = facts_of(found.leaf.get());
    if (!has_subject(found, lower(wanted.subject))) {
        ++into.others;
        return;
    }
    if (const auto why = objection(found, wanted.allow_invalid, now); !why.empty())
        into.passed_over +=
            ' ' + in_quotes(path) + " (" + found.facts.subject + ") " + std::string(why) + '.';
    else if (!into.best || into.best->facts.not_after < found.facts.not_after)
        into.best = std::move(found);
}

std::string missing(const certificate_source& wanted) {
    return "The requested certificate " + wanted.subject + " could not be found in " +
           wanted.location + '/' + wanted.store +
           " with AllowInvalid setting: " + (wanted.allow_invalid ? "true" : "false") + '.';
}

// Empty: there is such a store.
std::string store_mistake(const certificate_source& wanted, const std::string& stores) {
    const std::string location = lower(wanted.location);
    if (location == "localmachine")
        return missing(wanted) +
               " There is no LocalMachine outside of Windows: put it into the user's "
               "store, or give its file (Path).";
    if (location != "currentuser")
        return "The location " + in_quotes(wanted.location) +
               " of a certificate is unknown: it is CurrentUser or LocalMachine.";
    if (wanted.store.empty() || wanted.store.starts_with('.') ||
        wanted.store.find_first_of(std::string_view("/\\\0", 3)) != std::string::npos)
        return "There can be no store of certificates that is called " + in_quotes(wanted.store) +
               ": it is My, mostly.";
    if (stores.empty())
        return missing(wanted) +
               " It is looked for in the user's home, and HOME is not set: set it, or "
               "give the certificate's file (Path).";
    return {};
}

}  // namespace

std::string dotnet_stores() {
    const std::string home = home_folder();
    return home.empty() ? home : home + "/.dotnet/corefx/cryptography/x509stores";
}

result<loaded_certificate> find_in_dotnet_store(const certificate_source& wanted,
                                                const std::string& stores,
                                                std::chrono::sys_seconds now) {
    if (std::string mistake = store_mistake(wanted, stores); !mistake.empty())
        return error(std::move(mistake));
    const std::string folder = stores + '/' + lower(wanted.store);
    std::vector<std::string> paths;
    std::error_code why;
    for (auto at = std::filesystem::directory_iterator(folder, why);
         !why && at != std::filesystem::directory_iterator(); at.increment(why))
        if (at->path().extension() == ".pfx") paths.push_back(at->path().string());
    if (why)
        return error(missing(wanted) + " The folder " + in_quotes(folder) +
                     " cannot be read: " + why.message() + '.');
    std::sort(paths.begin(), paths.end());  // of equals always the same
    search found;
    for (const std::string& path : paths) look_at(path, wanted, now, found);
    ERR_clear_error();
    if (found.best) return std::move(*found.best);
    return error(missing(wanted) + found.passed_over + " Others in " + in_quotes(folder) + ": " +
                 std::to_string(found.others) + '.');
}

}  // namespace saker::tls
