#pragma once
// Where the folders of the process's user are, by the environment. A server takes its variables
// when it starts, on the thread that starts it: certificates are read anew on one of its own, and
// another may be setting variables meanwhile. Before the first one they are looked up each time.

#include <string>

namespace saker::tls {

// Takes them, for all that look them up afterwards. Any thread but while another one sets some.
void take_home();
// HOME; empty where it is not set.
[[nodiscard]] std::string home_folder();
// XDG_DATA_HOME, as `home_folder`.
[[nodiscard]] std::string data_folder();

}  // namespace saker::tls
