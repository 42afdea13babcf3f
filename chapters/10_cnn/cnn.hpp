/// @file
/// The chapter's networks, as structs of layers.
#pragma once

#include "common/nn/image_layers.hpp"

namespace kbk {

// [cnn]
/// D0's network: three convolutions of 3 x 3 with a bend behind each, two poolings, two fully connected layers.
/// @tparam T float to train, double to check gradients
template <class T>
struct Cnn {
    Conv2d<T> conv1, conv2, conv3;
    MaxPool2d<T> pool1, pool2;
    ReLU<T> relu1, relu2, relu3, relu4;
    Flatten<T> flatten;
    Linear<T> fc1, fc2;

    /// @param image   channels, height and width of a picture: (3, 32, 32) for CIFAR-10
    /// @param seed    of the initial values, which are Keras' default
    /// @param filters of the first convolution; the others have twice as many (D0: 32)
    /// @param device  where it computes
    explicit Cnn(Shape image, std::uint64_t seed, std::int64_t filters = 32, Device device = Device::cpu)
        : conv1("conv1", image[0], filters, 3, {}, Initial::keras, seed, device),
          conv2("conv2", filters, 2 * filters, 3, {}, Initial::keras, seed, device),
          conv3("conv3", 2 * filters, 2 * filters, 3, {}, Initial::keras, seed, device),
          fc1("fc1", 2 * filters * last(image[1]) * last(image[2]), 64, Initial::keras, seed, device),
          fc2("fc2", 64, 10, Initial::keras, seed, device) {}

    /// @param x (batch, channels, height, width)
    /// @return (batch, 10)
    const Tensor<T>& forward(const Tensor<T>& x) {
        const Tensor<T>& h1 = relu1.forward(pool1.forward(conv1.forward(x)));
        const Tensor<T>& h2 = relu2.forward(pool2.forward(conv2.forward(h1)));
        const Tensor<T>& h3 = flatten.forward(relu3.forward(conv3.forward(h2)));
        return fc2.forward(relu4.forward(fc1.forward(h3)));
    }

    /// @param dy (batch, 10), gradient of the loss by what `forward` returned
    void backward(const Tensor<T>& dy) {
        const Tensor<T>& d3 = fc1.backward(relu4.backward(fc2.backward(dy)));
        const Tensor<T>& d2 = conv3.backward(relu3.backward(flatten.backward(d3)));
        const Tensor<T>& d1 = conv2.backward(pool2.backward(relu2.backward(d2)));
        conv1.backward_parameters(pool1.backward(relu1.backward(d1)));
    }

    /// @return weight and bias of each layer, from the input on
    Parameters<T> parameters() {
        return {&conv1.weight, &conv1.bias, &conv2.weight, &conv2.bias, &conv3.weight,
                &conv3.bias,   &fc1.weight, &fc1.bias,     &fc2.weight, &fc2.bias};
    }

  private:
    // Rows (or columns) behind the last convolution.
    static std::int64_t last(std::int64_t size) { return ((size - 2) / 2 - 2) / 2 - 2; }
};
// [cnn]

// [larger_cnn]
/// Convolution, batch normalisation, bend: the block that larger networks repeat.
/// @tparam T float or double
template <class T>
struct ConvBlock {
    Conv2d<T> conv;
    BatchNorm2d<T> norm;
    ReLU<T> relu;

    /// @param name,inputs,outputs,seed,device as of Conv2d
    ConvBlock(const std::string& name, std::int64_t inputs, std::int64_t outputs, std::uint64_t seed, Device device)
        : conv(name + ".conv", inputs, outputs, 3, {.padding = 1}, Initial::pytorch, seed, device),
          norm(name + ".norm", outputs, device) {}

    /// @param x (batch, inputs, height, width) @return (batch, outputs, height, width)
    const Tensor<T>& forward(const Tensor<T>& x) { return relu.forward(norm.forward(conv.forward(x))); }
    /// @param dy gradient by what `forward` returned @return gradient by its input
    const Tensor<T>& backward(const Tensor<T>& dy) { return conv.backward(norm.backward(relu.backward(dy))); }
    /// As `backward`, for a block whose input needs no gradient. @param dy as above
    void backward_parameters(const Tensor<T>& dy) { conv.backward_parameters(norm.backward(relu.backward(dy))); }
};

/// A network that reaches further: five blocks, three poolings, one fully connected layer.
/// @tparam T float or double
template <class T>
struct LargerCnn {
    ConvBlock<T> block1, block2, block3, block4, block5;
    MaxPool2d<T> pool1, pool2, pool3;
    Flatten<T> flatten;
    Linear<T> fc;

    /// @param image  channels, height and width of a picture, the last two divisible by 8
    /// @param seed   of the initial values
    /// @param width  filters of the first block (32)
    /// @param device where it computes
    explicit LargerCnn(Shape image, std::uint64_t seed, std::int64_t width = 32, Device device = Device::cpu)
        : block1("block1", image[0], width, seed, device),
          block2("block2", width, 2 * width, seed, device),
          block3("block3", 2 * width, 2 * width, seed, device),
          block4("block4", 2 * width, 4 * width, seed, device),
          block5("block5", 4 * width, 4 * width, seed, device),
          fc("fc", 4 * width * (image[1] / 8) * (image[2] / 8), 10, Initial::pytorch, seed, device) {}

    /// @param x (batch, channels, height, width)
    /// @return (batch, 10)
    const Tensor<T>& forward(const Tensor<T>& x) {
        const Tensor<T>& h1 = pool1.forward(block1.forward(x));
        const Tensor<T>& h2 = pool2.forward(block3.forward(block2.forward(h1)));
        const Tensor<T>& h3 = pool3.forward(block5.forward(block4.forward(h2)));
        return fc.forward(flatten.forward(h3));
    }

    /// @param dy (batch, 10), gradient of the loss by what `forward` returned
    void backward(const Tensor<T>& dy) {
        const Tensor<T>& d3 = pool3.backward(flatten.backward(fc.backward(dy)));
        const Tensor<T>& d2 = pool2.backward(block4.backward(block5.backward(d3)));
        block1.backward_parameters(pool1.backward(block2.backward(block3.backward(d2))));
    }

    /// @return all blocks, from the input on
    std::array<ConvBlock<T>*, 5> blocks() { return {&block1, &block2, &block3, &block4, &block5}; }

    /// @return what is learned, from the input on
    Parameters<T> parameters() {
        Parameters<T> all;
        for (auto* block : blocks())
            all.insert(all.end(), {&block->conv.weight, &block->conv.bias, &block->norm.scale, &block->norm.shift});
        all.insert(all.end(), {&fc.weight, &fc.bias});
        return all;
    }

    /// @param training whether the batches' own means normalise, or the running ones
    void set_training(bool training) {
        for (auto* block : blocks()) block->norm.training = training;
    }

    /// @return the running means and variances with their names
    Tensors buffers() {
        Tensors all;
        for (auto* block : blocks())
            for (const auto& buffer : block->norm.buffers()) all.push_back(buffer);
        return all;
    }
};
// [larger_cnn]

}  // namespace kbk
