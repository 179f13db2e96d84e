// Looks at this process the way the kernel sees it. Every fact is a line of text, so that comparing
// is comparing lines and a difference explains itself.
#include "surroundings.h"

#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cstdio>
#include <exception>
#include <new>

namespace {

std::string address_of(const void* place) {
    char text[32];
    std::snprintf(text, sizeof text, "%p", place);
    return text;
}

void look_at_signals(std::vector<std::string>& facts) {
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, nullptr, &mask);
    for (int number = 1; number <= SIGRTMAX; ++number) {
        struct sigaction action = {};
        if (sigaction(number, nullptr, &action) != 0) continue;
        const void* handler = (action.sa_flags & SA_SIGINFO) != 0
                                  ? reinterpret_cast<const void*>(action.sa_sigaction)
                                  : reinterpret_cast<const void*>(action.sa_handler);
        facts.push_back("signal " + std::to_string(number) + ": handler " + address_of(handler) +
                        ", flags " + std::to_string(action.sa_flags) + ", blocked " +
                        std::to_string(sigismember(&mask, number)));
    }
}

void look_at_thread(std::vector<std::string>& facts) {
    char name[32] = {};
    pthread_getname_np(pthread_self(), name, sizeof name);
    facts.push_back(std::string("main thread's name: ") + name);
    cpu_set_t processors;
    CPU_ZERO(&processors);
    sched_getaffinity(0, sizeof processors, &processors);
    std::string allowed;
    for (int i = 0; i < CPU_SETSIZE; ++i) {
        if (CPU_ISSET(i, &processors)) allowed += ' ' + std::to_string(i);
    }
    facts.push_back("main thread's processors:" + allowed);
    facts.push_back("scheduling policy: " + std::to_string(sched_getscheduler(0)) + ", nice " +
                    std::to_string(getpriority(PRIO_PROCESS, 0)));
}

void look_at_process(std::vector<std::string>& facts) {
    for (int limit = 0; limit < static_cast<int>(RLIM_NLIMITS); ++limit) {
        rlimit value = {};
        getrlimit(static_cast<__rlimit_resource>(limit), &value);
        facts.push_back("limit " + std::to_string(limit) + ": " + std::to_string(value.rlim_cur) +
                        " of " + std::to_string(value.rlim_max));
    }
    const mode_t mask = umask(0);
    umask(mask);
    facts.push_back("umask: " + std::to_string(mask));
    char directory[4096] = {};
    if (getcwd(directory, sizeof directory) != nullptr) {
        facts.push_back(std::string("directory: ") + directory);
    }
    facts.push_back(std::string("locale: ") + std::setlocale(LC_ALL, nullptr));
    facts.push_back("terminate handler: " +
                    address_of(reinterpret_cast<const void*>(std::get_terminate())));
    facts.push_back("new handler: " +
                    address_of(reinterpret_cast<const void*>(std::get_new_handler())));
}

std::size_t entries(const char* folder) {
    DIR* open = opendir(folder);
    if (open == nullptr) return 0;
    std::size_t count = 0;
    while (readdir(open) != nullptr) ++count;
    closedir(open);
    return count;
}

}  // namespace

surroundings surroundings::now() {
    surroundings seen;
    look_at_signals(seen.facts);
    look_at_thread(seen.facts);
    look_at_process(seen.facts);
    seen.facts.push_back("threads: " + std::to_string(entries("/proc/self/task") - 2));
    seen.facts.push_back("open files: " + std::to_string(entries("/proc/self/fd") - 3));
    return seen;
}

std::vector<std::string> surroundings::differences(const surroundings& before) const {
    std::vector<std::string> found;
    for (std::size_t i = 0; i < std::min(facts.size(), before.facts.size()); ++i) {
        if (facts[i] != before.facts[i]) found.push_back(before.facts[i] + " -> " + facts[i]);
    }
    return found;
}
