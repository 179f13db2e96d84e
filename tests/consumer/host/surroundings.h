#pragma once
// What a program has that a library could take from it: signals, mask, names, limits, threads,
// files. `surroundings::now()` looks at all of it; `differences` says what is no longer as it was.

#include <string>
#include <vector>

struct surroundings {
    std::vector<std::string> facts;  // "SIGPIPE: default", "thread name: host", ...

    static surroundings now();
    std::vector<std::string> differences(const surroundings& before) const;
};
