#pragma once
// Blocks signals for as long as it lives, so that a thread that is made meanwhile starts that way
// and the host's handlers never run on it; an exception on the way gives the caller its own back.
// All but those that a fault of the thread itself raises: a host's crash handler wants to see them,
// and the kernel ends the process without asking it where they are blocked.

#include <csignal>

namespace saker {

class signals_blocked {
public:
    signals_blocked() noexcept {
        sigset_t all;
        sigfillset(&all);
        for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS})
            sigdelset(&all, fault);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~signals_blocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    signals_blocked(const signals_blocked&) = delete;
    signals_blocked& operator=(const signals_blocked&) = delete;

private:
    sigset_t before_;
};

}  // namespace saker
