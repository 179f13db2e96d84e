#pragma once
// The host's own header, named like one of Saker's: `#include "version.h"` has to find this one.

#define HOST_VERSION "host 7"
