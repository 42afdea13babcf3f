/// @file
/// half and half2 for readers' programs.
#pragma once

#include <cuda_runtime.h>
