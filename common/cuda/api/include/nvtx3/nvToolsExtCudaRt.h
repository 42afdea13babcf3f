/// @file
/// One of CUDA's headers: all that it would give stands in nvToolsExt.h.
#pragma once

#include <nvToolsExt.h>
