#pragma once
// Saker's version: MAJOR.MINOR.PATCH, semantic versioning. Below 1.0 a minor may break.

#define SAKER_VERSION_MAJOR 0
#define SAKER_VERSION_MINOR 1
#define SAKER_VERSION_PATCH 0
#define SAKER_VERSION "0.1.0"
