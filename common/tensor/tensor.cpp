#include "common/tensor/tensor.hpp"

#include <algorithm>

namespace kbk {

std::string Shape::text() const {
    std::string out = "(";
    for (int i = 0; i < rank_; ++i) out += (i ? ", " : "") + std::to_string(sizes_[i]);
    return out + ")";
}

std::byte* Scratch::take_bytes(std::int64_t bytes) {
    constexpr std::int64_t line = 64, smallest_block = 1 << 20;
    const std::int64_t need = (bytes + line - 1) / line * line;

    // Use the current block, else the next that is large enough, else a new one.
    while (block_ < blocks_.size() && used_ + need > blocks_[block_].size()) {
        ++block_;
        used_ = 0;
    }
    if (block_ == blocks_.size()) blocks_.emplace_back(device_, std::max(need, smallest_block));
    std::byte* memory = blocks_[block_].data() + used_;
    used_ += need;
    return memory;
}

void Scratch::rewind(std::size_t block, std::int64_t used) {
    block_ = block;
    used_ = used;

    // With nothing lent, melt several blocks into one that holds them all.
    if (block == 0 && used == 0 && blocks_.size() > 1) {
        std::int64_t total = 0;
        for (const auto& b : blocks_) total += b.size();
        blocks_.clear();
        blocks_.emplace_back(device_, total);
    }
}

Scratch& scratch(Device device) {
    thread_local Scratch arenas[] = {Scratch(Device::cpu), Scratch(Device::cuda)};
    return arenas[static_cast<int>(device)];
}

}  // namespace kbk
