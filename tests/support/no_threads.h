#pragma once
// While it lives the process gets no more threads, as where the limit of a user or a container is
// reached: std::thread fails with EAGAIN, for what a thread's stack would be is more than there is.

#include <pthread.h>

#include <cstddef>
#include <cstdlib>

namespace saker::test {

class no_threads {
public:
    no_threads() {
        if (pthread_getattr_default_np(&before_) != 0) std::abort();
        pthread_attr_t none;
        pthread_attr_init(&none);
        pthread_attr_setstacksize(&none, size_t{1} << 47);
        if (pthread_setattr_default_np(&none) != 0) std::abort();
        pthread_attr_destroy(&none);
    }
    ~no_threads() {
        pthread_setattr_default_np(&before_);
        pthread_attr_destroy(&before_);
    }
    no_threads(const no_threads&) = delete;
    no_threads& operator=(const no_threads&) = delete;

private:
    pthread_attr_t before_;
};

}  // namespace saker::test
