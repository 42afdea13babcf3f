/// @file
/// Reader of IDX files, the format of MNIST and Fashion-MNIST.
#pragma once

#include <cstdint>
#include <filesystem>

#include "common/tensor/tensor.hpp"

namespace kbk {

/// Read an array of bytes from an IDX file, plain or gzipped. The format (Y. LeCun, C. Cortes, C. Burges: the
/// MNIST database) is two zero bytes, a byte for the type (8: unsigned byte), a byte for the rank, the sizes
/// as big-endian 32-bit integers, and the values, row-major.
/// @param path the file
/// @param rank number of dimensions that the array must have: 3 for images (n, rows, columns), 1 for labels
/// (n)
/// @return the array in its shape
/// @throws Error naming the file, what was expected and what was found
Tensor<std::uint8_t> read_idx(const std::filesystem::path& path, int rank);

}  // namespace kbk
