// `saker doctor`: what was found, as a table for a person or as JSON for a program.

#include "tools/saker/arguments.h"
#include "tools/saker/commands.h"
#include "tools/saker/examine.h"
#include "tools/saker/json.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

namespace saker::tool {

namespace {

constexpr char before_flags[] =
    "usage: saker doctor [--json]\n"
    "\n"
    "Says which transports work on this machine and why others do not, and looks at the kernel,\n"
    "the limits, the processors and this binary. What is not well comes with its remedy.\n"
    "Exit code: 0, or 1 where something is bad.\n"
    "\n"
    "flags:\n";

void print_table(const std::vector<finding>& all) {
    size_t widest = 0;
    for (const finding& one : all) widest = std::max(widest, one.what.size());
    std::string_view topic;
    for (const finding& one : all) {
        if (one.topic != topic) {
            std::printf("%s%s\n", topic.empty() ? "" : "\n", std::string(one.topic).c_str());
            topic = one.topic;
        }
        std::printf("  %-4s  %-*s  %s\n", std::string(name(one.how)).c_str(),
                    static_cast<int>(widest), one.what.c_str(), one.found.c_str());
        if (!one.fix.empty())
            std::printf("        %-*s  -> %s\n", static_cast<int>(widest), "", one.fix.c_str());
    }
}

void print_json(const std::vector<finding>& all, bool well) {
    std::string text;
    {
        json_object whole(text);
        whole.key("well");
        text += well ? "true" : "false";
        whole.key("findings");
        text += '[';
        for (const finding& one : all) {
            if (&one != all.data()) text += ',';
            json_object object(text);
            object.text("topic", one.topic);
            object.text("what", one.what);
            object.text("verdict", name(one.how));
            object.text("found", one.found);
            object.text("fix", one.fix);
        }
        text += ']';
    }
    std::puts(text.c_str());
}

}  // namespace

int doctor(arguments given) {
    bool as_json = false;
    const std::vector<flag> flags = {
        {"--json", "", "the same as one object, for a program", [&](std::string_view) {
             as_json = true;
             return std::string();
         }}};
    const reading read = read_arguments(given, flags);
    if (read.what == reading::outcome::mistake) return called_wrongly("doctor", read.mistake);
    if (read.what == reading::outcome::help) {
        std::printf("%s%s", before_flags, describe(flags).c_str());
        return 0;
    }
    const std::vector<finding> all = examine();
    const auto count = [&](verdict how) {
        return std::count_if(all.begin(), all.end(),
                             [&](const finding& one) { return one.how == how; });
    };
    const bool well = count(verdict::bad) == 0;
    if (as_json) {
        print_json(all, well);
    } else {
        print_table(all);
        std::printf("\n%td bad, %td to look at\n", count(verdict::bad), count(verdict::warning));
    }
    return well ? 0 : 1;
}

}  // namespace saker::tool
