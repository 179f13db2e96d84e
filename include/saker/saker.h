#pragma once
// Everything an embedder needs.

#include <saker/async.h>
#include <saker/body.h>
#include <saker/buffer.h>
#include <saker/configuration.h>
#include <saker/connection.h>
#include <saker/connection_logging.h>
#include <saker/end_reason.h>
#include <saker/health.h>
#include <saker/limits.h>
#include <saker/log.h>
#include <saker/metrics.h>
#include <saker/options.h>
#include <saker/pipe.h>
#include <saker/request.h>
#include <saker/response.h>
#include <saker/result.h>
#include <saker/router.h>
#include <saker/server.h>
#include <saker/task.h>
#include <saker/transport.h>
#include <saker/version.h>
