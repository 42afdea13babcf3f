/// @file
/// The chapter's losses, each with its gradient, as the page's formulas say. Means over all elements, but for
/// those of rows, which are means over rows.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace kbk {

/// A loss and its gradient by the predictions.
struct Loss {
    double value;                  ///< a mean
    std::vector<double> gradient;  ///< as many as there are predictions
};

/// @param prediction (n) @param target (n)
/// @return the mean squared error
Loss mean_squared_error(std::span<const double> prediction, std::span<const double> target);

/// @param prediction (n) @param target (n)
/// @return the mean absolute error; where an error is 0, its gradient is 0
Loss mean_absolute_error(std::span<const double> prediction, std::span<const double> target);

/// @param prediction (n) @param target (n)
/// @param delta      where the parabola becomes two straight lines, more than 0
/// @return the mean Huber loss
Loss huber(std::span<const double> prediction, std::span<const double> target, double delta);

/// @param probability (n) in (0, 1), that the answer is 1 @param truth (n) 0 or 1
/// @return the mean binary cross-entropy, and its gradient by the probabilities
Loss binary_cross_entropy(std::span<const double> probability, std::span<const double> truth);

/// The same from logits z with probability = sigmoid(z), for any z.
/// @param logit (n) @param truth (n) 0 or 1
/// @return the mean binary cross-entropy, and its gradient by the logits
Loss binary_cross_entropy_of_logits(std::span<const double> logit, std::span<const double> truth);

/// @param logits (rows, classes), row-major @param labels (rows) the true classes
/// @return the mean categorical cross-entropy of the rows, and its gradient by the logits
Loss cross_entropy(std::span<const double> logits, std::span<const std::int32_t> labels);

/// @param p (rows, classes) the truth @param q (rows, classes) the prediction, positive @param rows how many
/// @return the mean over rows of the Kullback-Leibler divergence D(p || q), and its gradient by q
Loss kl_divergence(std::span<const double> p, std::span<const double> q, std::int64_t rows);

}  // namespace kbk
