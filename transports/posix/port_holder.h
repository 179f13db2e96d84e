#pragma once
// Who is in the way: for the message of a server whose address is in use.

#include <saker/transport.h>

#include <string>

namespace saker::posix {

// "nginx (pid 123)" of the process that listens there, as far as /proc tells us; empty where it
// does not, as for processes of other users. Slow, and may allocate: for errors only.
[[nodiscard]] std::string who_holds(const endpoint& where);

}  // namespace saker::posix
