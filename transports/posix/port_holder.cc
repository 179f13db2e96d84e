// A listening socket's inode is in /proc/net/{tcp,tcp6,unix}; whose it is, in /proc/*/fd. The C
// library's directory functions instead of <filesystem>, which costs 0.4 s to compile.

#include "transports/posix/port_holder.h"

#include <dirent.h>
#include <unistd.h>

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

namespace saker::posix {
namespace {

struct close_file {
    void operator()(FILE* file) const noexcept { std::fclose(file); }
    void operator()(DIR* folder) const noexcept { closedir(folder); }
};
using file = std::unique_ptr<FILE, close_file>;
using folder = std::unique_ptr<DIR, close_file>;

// Lines are "sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode ...".
void add_tcp_inodes(const char* table, uint16_t port, std::vector<unsigned long>& inodes) {
    const file lines(std::fopen(table, "re"));
    char line[512];
    while (lines != nullptr && std::fgets(line, sizeof line, lines.get()) != nullptr) {
        unsigned local = 0, state = 0;
        unsigned long inode = 0;
        const int found = std::sscanf(
            line, " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*x:%*x %*x:%*x %*x %*u %*d %lu",
            &local, &state, &inode);
        constexpr unsigned tcp_listen = 0x0a;
        if (found == 3 && local == port && state == tcp_listen) inodes.push_back(inode);
    }
}

// Lines are "Num RefCount Protocol Flags Type St Inode Path"; the flag says that it listens.
void add_unix_inodes(const std::string& path, std::vector<unsigned long>& inodes) {
    const file lines(std::fopen("/proc/net/unix", "re"));
    char line[512];
    while (lines != nullptr && std::fgets(line, sizeof line, lines.get()) != nullptr) {
        line[std::strcspn(line, "\n")] = '\0';
        unsigned flags = 0;
        unsigned long inode = 0;
        int path_at = 0;
        std::sscanf(line, "%*[^:]: %*x %*x %x %*x %*x %lu %n", &flags, &inode, &path_at);
        constexpr unsigned accepts_connections = 0x10000;
        if (path_at > 0 && (flags & accepts_connections) != 0 && path == line + path_at)
            inodes.push_back(inode);
    }
}

bool holds_one_of(const std::string& process, const std::vector<unsigned long>& inodes) {
    const std::string path = process + "/fd/";
    const folder descriptors(opendir(path.c_str()));
    if (descriptors == nullptr) return false;
    while (const dirent* const entry = readdir(descriptors.get())) {
        char target[64] = "";
        if (readlink((path + entry->d_name).c_str(), target, sizeof target - 1) <= 0) continue;
        unsigned long inode = 0;
        if (std::sscanf(target, "socket:[%lu]", &inode) != 1) continue;
        for (const unsigned long one : inodes)
            if (one == inode) return true;
    }
    return false;
}

std::string name_of(const std::string& process) {
    const file comm(std::fopen((process + "/comm").c_str(), "re"));
    char name[64] = "";
    if (comm == nullptr || std::fgets(name, sizeof name, comm.get()) == nullptr) return "a process";
    name[std::strcspn(name, "\n")] = '\0';
    return name;
}

}  // namespace

std::string who_holds(const endpoint& where) {
    std::vector<unsigned long> inodes;
    if (where.family == endpoint::kind::unix_socket) {
        add_unix_inodes(where.path, inodes);
    } else if (where.port != 0) {
        add_tcp_inodes("/proc/net/tcp", where.port, inodes);
        add_tcp_inodes("/proc/net/tcp6", where.port, inodes);
    }
    const folder processes(inodes.empty() ? nullptr : opendir("/proc"));
    if (processes == nullptr) return {};
    while (const dirent* const entry = readdir(processes.get())) {
        if (std::isdigit(static_cast<unsigned char>(entry->d_name[0])) == 0) continue;
        const std::string process = std::string("/proc/") + entry->d_name;
        if (holds_one_of(process, inodes)) return name_of(process) + " (pid " + entry->d_name + ')';
    }
    return {};
}

}  // namespace saker::posix
