#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "common/base/error.hpp"
#include "common/report/braille.hpp"
#include "common/report/figure.hpp"
#include "common/report/svg.hpp"
#include "common/report/terminal.hpp"

namespace kbk {

namespace {

constexpr int grey_levels = 16;

Csv make_table(const ImageGrid& grid) {
    require(grid.width >= 1 && grid.height >= 1 && grid.width <= 128 && grid.height <= 128,
            "images of {} x {} pixels in an image grid; it takes 1 to 128", grid.width, grid.height);
    require(grid.columns >= 1 && grid.columns * grid.width <= figure_width,
            "{} columns of images {} pixels wide do not fit into a figure {} wide", grid.columns, grid.width,
            figure_width);
    const auto size = static_cast<std::size_t>(grid.width * grid.height);
    Csv csv;
    csv.header = {"caption", "width", "height", "pixels"};
    for (const Image& image : grid.images) {
        require(image.pixels.size() == size, "the image '{}' has {} pixels, not {} x {}", image.caption,
                image.pixels.size(), grid.width, grid.height);
        std::string hex;
        for (const std::uint8_t pixel : image.pixels) hex += fmt::format("{:02x}", pixel);
        csv.rows.push_back({image.caption, std::to_string(grid.width), std::to_string(grid.height), hex});
    }
    return csv;
}

std::vector<Image> read_images(const ImageGrid& grid, const Csv& csv) {
    require(csv.header == std::vector<std::string>({"caption", "width", "height", "pixels"}),
            "the table of an image grid needs the columns caption,width,height,pixels");
    require(!csv.rows.empty(), "the table of an image grid has no images");
    std::vector<Image> images;
    for (std::size_t row = 0; row < csv.rows.size(); ++row) {
        const std::string& hex = csv.rows[row][3];
        require(
            csv.number(row, 1) == grid.width && csv.number(row, 2) == grid.height &&
                hex.size() == static_cast<std::size_t>(2 * grid.width * grid.height) &&
                hex.find_first_not_of("0123456789abcdef") == std::string::npos,
            "row {} of the table of an image grid is not an image of {} x {} pixels in hexadecimal digits",
            row + 1, grid.width, grid.height);
        Image image{{}, csv.rows[row][0]};
        for (std::size_t i = 0; i < hex.size(); i += 2)
            image.pixels.push_back(static_cast<std::uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
        images.push_back(std::move(image));
    }
    return images;
}

std::uint8_t pixel_at(const ImageGrid& grid, const Image& image, int x, int y) {
    return image.pixels[static_cast<std::size_t>(y * grid.width + x)];
}

int grey_level(std::uint8_t pixel) {
    return (pixel * (grey_levels - 1) + 127) / 255;
}

std::string draw(const ImageGrid& grid, const Csv& csv) {
    const auto images = read_images(grid, csv);
    Svg svg(grid.title.empty() ? "Images" : grid.title,
            grid.description.empty() ? fmt::format("{} grey images with captions.", images.size())
                                     : grid.description);
    const double head = svg.head(grid.title, {}) + 8;

    // Enlarge the pixels by a whole number, so that all of them are of one size: by four, and small images by more.
    const double slot = std::floor((figure_width - 32) / grid.columns);
    const double enough = std::max(4.0, std::floor(56.0 / grid.width));
    const double scale = std::max(1.0, std::min(enough, std::floor((slot - 16) / grid.width)));
    const double width = grid.width * scale, height = grid.height * scale;

    // Small pixels begin at multiples of their size, which writes shorter; from large ones that would show.
    const double snap = scale <= 8 ? scale : 1;

    // Each row of images is as high as its longest caption asks for.
    std::vector<std::string> strokes(grey_levels);
    const double above = grid.parts.empty() ? 0 : 10;  // room for the names of parts
    double y = std::ceil((head + above) / scale) * scale;
    for (std::size_t first = 0; first < images.size(); first += static_cast<std::size_t>(grid.columns)) {
        const std::size_t last = std::min(images.size(), first + static_cast<std::size_t>(grid.columns));
        std::size_t most_lines = 0;
        for (std::size_t i = first; i < last; ++i) {
            const double margin = 16 + slot * static_cast<double>(i - first) + (slot - width) / 2;
            const double left = std::floor(margin / snap) * snap;
            if (grid.photographs) svg.rect(left, y, width, height, "", "style=\"fill:#fff\"");
            svg.rect(left - 1.5, y - 1.5, width + 3, height + 3, "frame", "rx=\"2\"");
            const auto lines = wrap(images[i].caption, 12, slot - 4);
            most_lines = std::max(most_lines, lines.size());
            for (std::size_t l = 0; l < lines.size(); ++l)
                svg.text(left + width / 2, y + height + 17 + 15 * static_cast<double>(l), lines[l], "small",
                         Anchor::middle);

            // Name the parts of the left and the upper edge.
            const auto parts = static_cast<double>(grid.parts.size());
            for (std::size_t p = 0; p < grid.parts.size(); ++p) {
                const double middle = (static_cast<double>(p) + 0.5) / parts;
                svg.text(left - 5, y + height * middle + 3.5, grid.parts[p], "label tiny", Anchor::end);
                svg.text(left + width * middle, y - 5, grid.parts[p], "label tiny", Anchor::middle);
            }

            // Collect, for each grey level, its runs as strokes one pixel high, each moved to from the one
            // before.
            for (int level = 1; level < grey_levels; ++level) {
                std::string& commands = strokes[static_cast<std::size_t>(level)];
                int pen_x = 0, pen_y = 0;
                bool begun = false;
                for (int row = 0; row < grid.height; ++row)
                    for (int column = 0; column < grid.width;) {
                        int end = column;
                        while (end < grid.width && grey_level(pixel_at(grid, images[i], end, row)) == level)
                            ++end;
                        if (end > column) {
                            if (!begun)
                                commands += fmt::format("M{} {}", coordinate(left / scale + column),
                                                        coordinate(y / scale + row + 0.5));
                            else
                                commands += fmt::format("m{} {}", column - pen_x, row - pen_y);
                            commands += fmt::format("h{}", end - column);
                            begun = true;
                            pen_x = end, pen_y = row;
                        }
                        column = std::max(end, column + 1);
                    }
            }
        }
        y += std::ceil((26 + above + 15 * static_cast<double>(most_lines)) / scale) * scale + height;
    }
    for (int level = 1; level < grey_levels; ++level) {
        const std::string& commands = strokes[static_cast<std::size_t>(level)];
        if (!commands.empty())
            svg.path(
                commands, "ink",
                fmt::format("opacity=\"{}\" transform=\"scale({})\" shape-rendering=\"crispEdges\"{}",
                            fixed(static_cast<double>(level) / (grey_levels - 1), 2), coordinate(scale),
                            grid.photographs ? " style=\"stroke:#000\"" : ""));
    }
    return svg.finish(std::ceil(y));
}

// The first images, their greys as more or fewer dots.
std::string sketch_in_characters(const ImageGrid& grid, const Csv& csv, bool) {
    constexpr int total = 72, gap = 4, most_rows = 2;
    const auto images = read_images(grid, csv);
    const int columns = (grid.width + 1) / 2, rows = (grid.height + 3) / 4;
    const int slot = std::max(columns, 21), beside = std::max(1, (total + gap) / (slot + gap));

    std::string out;
    for (int block = 0; block < most_rows; ++block) {
        const auto first = static_cast<std::size_t>(block * beside);
        const std::size_t last = std::min(images.size(), first + static_cast<std::size_t>(beside));
        std::vector<std::string> lines(static_cast<std::size_t>(rows));
        std::size_t most_lines = 0;
        std::vector<std::vector<std::string>> captions;
        for (std::size_t i = first; i < last; ++i) {
            // Diffuse the error of each dot to its neighbours (Floyd and Steinberg).
            Braille canvas(columns, rows);
            std::vector<double> ink(images[i].pixels.begin(), images[i].pixels.end());
            for (int y = 0; y < grid.height; ++y)
                for (int x = 0; x < grid.width; ++x) {
                    const auto at = [&](int dx, int dy) -> double* {
                        if (x + dx < 0 || x + dx >= grid.width || y + dy >= grid.height) return nullptr;
                        return &ink[static_cast<std::size_t>((y + dy) * grid.width + x + dx)];
                    };
                    const bool dot = *at(0, 0) >= 128;
                    const double error = *at(0, 0) - (dot ? 255 : 0);
                    if (dot) canvas.set(x, y);
                    if (double* p = at(1, 0)) *p += error * 7 / 16;
                    if (double* p = at(-1, 1)) *p += error * 3 / 16;
                    if (double* p = at(0, 1)) *p += error * 5 / 16;
                    if (double* p = at(1, 1)) *p += error * 1 / 16;
                }
            for (int row = 0; row < rows; ++row)
                lines[static_cast<std::size_t>(row)] += pad_right(canvas.row(row, false), slot + gap);
            captions.push_back(wrap(images[i].caption, 1, slot));
            most_lines = std::max(most_lines, captions.back().size());
        }
        for (std::size_t l = 0; l < most_lines; ++l) {
            lines.emplace_back();
            for (const auto& caption : captions)
                lines.back() += pad_right(l < caption.size() ? cut(caption[l], slot) : "", slot + gap);
        }
        if (first >= images.size()) break;
        for (std::string& line : lines) {
            while (!line.empty() && line.back() == ' ') line.pop_back();
            out += line + "\n";
        }
        out += "\n";
    }
    const auto shown = static_cast<std::size_t>(most_rows * beside);
    if (images.size() > shown) out += fmt::format("... and {} more\n", images.size() - shown);
    return out;
}

}  // namespace

Figure::Figure(const ImageGrid& grid) : title(grid.title), data(make_table(grid)) {
    ImageGrid spec = grid;
    spec.images.clear();
    svg = [spec](const Csv& csv) { return draw(spec, csv); };
    sketch = [spec](const Csv& csv, bool colour) { return sketch_in_characters(spec, csv, colour); };
}

}  // namespace kbk
