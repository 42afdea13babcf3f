/// @file
/// The binary version of CIFAR-10: records of a label and three planes of colour, one after the other.
#pragma once

#include <filesystem>
#include <span>

#include "common/tensor/tensor.hpp"

namespace kbk {

/// Images of 32 x 32 with a label each, as bytes.
struct CifarRecords {
    Tensor<std::uint8_t> images;  ///< (n, 3, 32, 32): red, green, blue
    Tensor<std::uint8_t> labels;  ///< (n)
};

/// Read files of the binary version (Krizhevsky 2009): each record one byte of label, then 1,024 bytes of red, green and
/// blue. A file has no header, and may hold any whole number of records.
/// @param files plain or gzipped, joined in this order
/// @return all their records
/// @throws Error naming a file that ends within a record, holds none, or has a label that is no class
CifarRecords read_cifar(std::span<const std::filesystem::path> files);

}  // namespace kbk
