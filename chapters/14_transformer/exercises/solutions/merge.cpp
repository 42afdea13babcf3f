#include "chapters/14_transformer/exercises/merge.hpp"

#include <map>

namespace kbk::exercise {

std::vector<std::pair<std::string, std::string>> learn_merges(const std::string& text, int merges) {
    std::vector<std::string> pieces;
    for (const char c : text) pieces.emplace_back(1, c);
    std::vector<std::pair<std::string, std::string>> learned;
    while (static_cast<int>(learned.size()) < merges) {
        std::map<std::pair<std::string, std::string>, int> counts;
        for (std::size_t i = 0; i + 1 < pieces.size(); ++i) ++counts[{pieces[i], pieces[i + 1]}];
        auto best = counts.end();
        for (auto pair = counts.begin(); pair != counts.end(); ++pair)
            if (pair->second >= 2 && (best == counts.end() || pair->second > best->second)) best = pair;
        if (best == counts.end()) break;
        learned.push_back(best->first);

        std::vector<std::string> merged;
        for (std::size_t i = 0; i < pieces.size(); ++i)
            if (i + 1 < pieces.size() && pieces[i] == best->first.first &&
                pieces[i + 1] == best->first.second)
                merged.push_back(pieces[i] + pieces[i + 1]), ++i;
            else
                merged.push_back(pieces[i]);
        pieces = merged;
    }
    return learned;
}

}  // namespace kbk::exercise
