#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "common/base/error.hpp"
#include "common/report/figure.hpp"
#include "common/report/svg.hpp"
#include "common/report/terminal.hpp"

namespace kbk {

namespace {

constexpr int row_words = 32;  // words of 4 bytes: a line of a GPU's cache, or all banks of shared memory
constexpr std::int64_t free_word = -1;

Csv make_table(const MemoryMap& map) {
    require(!map.panels.empty() && map.panels.size() <= 8, "a memory map takes 1 to 8 panels, not {}",
            map.panels.size());
    Csv csv;
    csv.header = {"panel", "word", "thread"};
    for (const MemoryPanel& panel : map.panels) {
        require(panel.words > 0 && panel.words <= 64 * row_words,
                "the panel '{}' has {} words; at most {} are drawn", panel.name, panel.words, 64 * row_words);
        for (const Touch& touch : panel.touches)
            csv.rows.push_back({panel.name, std::to_string(touch.word), std::to_string(touch.thread)});
    }
    return csv;
}

// Who touches each word of a panel: the first thread, or free_word.
std::vector<std::int64_t> owners(const MemoryPanel& panel, const Csv& csv) {
    require(csv.header == std::vector<std::string>{"panel", "word", "thread"},
            "the table of a memory map needs the columns panel,word,thread");
    std::vector<std::int64_t> owner(std::size_t(panel.words), free_word);
    for (std::size_t row = 0; row < csv.rows.size(); ++row) {
        if (csv.rows[row][0] != panel.name) continue;
        const double word = csv.number(row, 1);
        require(word >= 0 && word < double(panel.words) && word == std::floor(word),
                "the panel '{}' has no word {}", panel.name, csv.rows[row][1]);
        std::int64_t& who = owner[std::size_t(word)];
        if (who == free_word) who = std::int64_t(csv.number(row, 2));
    }
    return owner;
}

// Words touched in a row of the drawing that belong to groups nobody touches are left pale.
bool group_is_touched(const std::vector<std::int64_t>& owner, std::size_t word, int group) {
    const std::size_t first = word / std::size_t(group) * std::size_t(group);
    const auto begin = owner.begin() + std::ptrdiff_t(first);
    return std::any_of(begin, begin + std::min(std::ptrdiff_t(group), owner.end() - begin),
                       [](std::int64_t who) { return who != free_word; });
}

std::string draw(const MemoryMap& map, const Csv& csv) {
    Svg svg(map.title.empty() ? "Memory map" : map.title,
            map.description.empty() ? "Words of memory and the threads that touch them." : map.description);
    const int beside = std::clamp(map.beside, 1, 2);
    const double margin = 16, gap = 20;
    const double width = (figure_width - 2 * margin - gap * (beside - 1)) / beside;
    const int gaps = row_words / map.group - 1;
    const double between = map.group > 1 ? 6 : 0, cell = (width - between * gaps) / row_words;
    const double height = std::min(cell, 19.0), inset = cell < 12 ? 0.5 : 0.75;

    double top = svg.head(map.title, {}) + 4, bottom = top;
    for (std::size_t p = 0; p < map.panels.size(); ++p) {
        const MemoryPanel& panel = map.panels[p];
        const std::size_t column = p % std::size_t(beside);
        if (column == 0) top = bottom;
        const double left = margin + double(column) * (width + gap);
        svg.text(left, top + 13, panel.name, "small");

        const auto owner = owners(panel, csv);
        for (std::size_t word = 0; word < owner.size(); ++word) {
            const int place = int(word % row_words);
            const double x = left + place * cell + between * (place / map.group);
            const double y = top + 20 + double(word / row_words) * (height + (beside == 1 ? 2 : 0));
            const bool touched = owner[word] != free_word;
            const bool moved = map.group > 1 && !touched && group_is_touched(owner, word, map.group);
            svg.rect(x + inset, y + inset, cell - 2 * inset, height - 2 * inset,
                     touched ? "fill s0"
                     : moved ? "band s1"
                             : "frame",
                     moved ? "style=\"opacity:.35\"" : "");
            if (touched && cell >= 14)
                svg.text(x + cell / 2, y + height / 2 + 3.5, std::to_string(owner[word]), "tiny onfill",
                         Anchor::middle);
        }
        const double rows = std::ceil(double(panel.words) / row_words);
        bottom = std::max(bottom, top + 20 + rows * (height + (beside == 1 ? 2 : 0)) + 12);
    }
    return svg.finish(std::ceil(bottom + 2));
}

// The rows of one panel in characters, 32 words each.
std::vector<std::string> sketch_panel(const MemoryMap& map, const MemoryPanel& panel, const Csv& csv,
                                      bool colour) {
    const auto owner = owners(panel, csv);
    std::vector<std::string> rows((owner.size() + row_words - 1) / row_words);
    for (std::size_t word = 0; word < owner.size(); ++word) {
        std::string& row = rows[word / row_words];
        if (map.group > 1 && !row.empty() && word % std::size_t(map.group) == 0) row += ' ';
        const bool touched = owner[word] != free_word;
        const bool moved = map.group > 1 && group_is_touched(owner, word, map.group);
        const std::string sign = touched ? "█" : moved ? "▒" : "·";
        row += colour && touched ? "\033[34m" + sign + "\033[0m" : sign;
    }
    return rows;
}

std::string sketch_in_characters(const MemoryMap& map, const Csv& csv, bool colour) {
    std::string out;
    const std::size_t beside = std::size_t(std::clamp(map.beside, 1, 2));
    for (std::size_t first = 0; first < map.panels.size(); first += beside) {
        const std::size_t count = std::min(beside, map.panels.size() - first);
        std::vector<std::vector<std::string>> rows;
        std::size_t height = 0;
        std::string names;
        for (std::size_t p = first; p < first + count; ++p) {
            names += count == 1 ? map.panels[p].name
                                : pad_right(cut(map.panels[p].name, row_words), row_words + 3);
            rows.push_back(sketch_panel(map, map.panels[p], csv, colour));
            height = std::max(height, rows.back().size());
        }
        out += names + "\n";
        for (std::size_t y = 0; y < height; ++y) {
            for (std::size_t p = 0; p < count; ++p)
                out += (p ? "   " : "") + (y < rows[p].size() ? rows[p][y] : std::string(row_words, ' '));
            out += '\n';
        }
    }
    return out;
}

}  // namespace

Figure::Figure(const MemoryMap& map) : title(map.title), data(make_table(map)) {
    MemoryMap spec = map;
    for (MemoryPanel& panel : spec.panels) panel.touches.clear();
    svg = [spec](const Csv& csv) { return draw(spec, csv); };
    sketch = [spec](const Csv& csv, bool colour) { return sketch_in_characters(spec, csv, colour); };
}

}  // namespace kbk
