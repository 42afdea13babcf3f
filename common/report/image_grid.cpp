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
// Enough for a few small photographs: more colours make shorter strokes, and larger files.
constexpr std::size_t palette_colours = 64;

std::size_t numbers_of(const ImageGrid& grid) {
    return static_cast<std::size_t>(grid.width * grid.height * grid.channels);
}

Csv make_table(const ImageGrid& grid) {
    require(grid.width >= 1 && grid.height >= 1 && grid.width <= 128 && grid.height <= 128,
            "images of {} x {} pixels in an image grid; it takes 1 to 128", grid.width, grid.height);
    require(grid.channels == 1 || grid.channels == 3, "images of {} channels in an image grid; it takes 1 or 3",
            grid.channels);
    require(grid.columns >= 1 && grid.columns * grid.width <= figure_width,
            "{} columns of images {} pixels wide do not fit into a figure {} wide", grid.columns, grid.width,
            figure_width);
    Csv csv;
    csv.header = {"caption", "width", "height", "pixels"};
    for (const Image& image : grid.images) {
        require(image.pixels.size() == numbers_of(grid), "the image '{}' has {} numbers, not {} x {} x {}", image.caption,
                image.pixels.size(), grid.width, grid.height, grid.channels);
        std::string hex;
        for (const std::uint8_t number : image.pixels) hex += fmt::format("{:02x}", number);
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
        require(csv.number(row, 1) == grid.width && csv.number(row, 2) == grid.height &&
                    hex.size() == 2 * numbers_of(grid) &&
                    hex.find_first_not_of("0123456789abcdef") == std::string::npos,
                "row {} of the table of an image grid is not an image of {} x {} x {} numbers in hexadecimal digits",
                row + 1, grid.width, grid.height, grid.channels);
        Image image{{}, csv.rows[row][0]};
        for (std::size_t i = 0; i < hex.size(); i += 2)
            image.pixels.push_back(static_cast<std::uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
        images.push_back(std::move(image));
    }
    return images;
}

// The images in the shades that they are drawn in. What a later shade covers, an earlier one may paint over.
struct Shades {
    std::vector<std::vector<int>> images;  // (height, width) of each: which shade a pixel has; -1: not drawn
    std::vector<std::string> pens;         // attributes of each shade's strokes, in the order of drawing
    bool cover;                            // whether a stroke hides what lies below it
};

// Greys are ink of more or less opacity, so that they follow the theme.
Shades shades_of_grey(const std::vector<Image>& images) {
    Shades shades{{}, {}, false};
    for (const Image& image : images) {
        auto& shade = shades.images.emplace_back();
        for (const std::uint8_t pixel : image.pixels) shade.push_back((pixel * (grey_levels - 1) + 127) / 255 - 1);
    }
    for (int level = 1; level < grey_levels; ++level)
        shades.pens.push_back(
            fmt::format("opacity=\"{}\"", fixed(static_cast<double>(level) / (grey_levels - 1), 2)));
    return shades;
}

// A part of all pixels, which will have one colour.
struct Box {
    std::vector<std::size_t> pixels;  // the colours' first numbers, counted through all images
    int widest = 0;                   // the channel along which they differ most
    std::int64_t spread = 0;          // the sum of their squared distances from their mean, along that channel
    std::int64_t cut = 0;             // where to cut it: at the mean, rounded down, so that neither part is empty
    int mean[3] = {};
};

// Colours are those of a palette: boxes of pixels, of which the one that differs most is cut at its mean until there are
// enough (median cut, Heckbert 1982, with variances). All in integers: the same on every machine.
Shades shades_of_colour(const std::vector<Image>& images) {
    const std::size_t size = images.front().pixels.size();
    const auto number = [&](std::size_t at, int channel) -> std::int64_t {
        return images[at / size].pixels[at % size + static_cast<std::size_t>(channel)];
    };
    const auto measure = [&](Box& box) {
        const auto count = static_cast<std::int64_t>(box.pixels.size());
        for (int channel = 0; channel < 3; ++channel) {
            std::int64_t sum = 0, squares = 0;
            for (const std::size_t at : box.pixels)
                sum += number(at, channel), squares += number(at, channel) * number(at, channel);
            box.mean[channel] = static_cast<int>((2 * sum + count) / (2 * count));
            const std::int64_t spread = squares - sum * sum / count;
            if (channel == 0 || spread > box.spread)
                box.spread = spread, box.widest = channel, box.cut = sum / count;
        }
    };
    std::vector<Box> boxes(1);
    for (std::size_t at = 0; at < images.size() * size; at += 3) boxes[0].pixels.push_back(at);
    measure(boxes[0]);
    while (boxes.size() < palette_colours) {
        const auto box = std::ranges::max_element(boxes, {}, &Box::spread);
        if (box->spread == 0) break;
        const auto above = std::ranges::stable_partition(
            box->pixels, [&](std::size_t at) { return number(at, box->widest) <= box->cut; });
        Box other{{above.begin(), above.end()}};
        box->pixels.erase(above.begin(), above.end());
        measure(*box);
        measure(other);
        boxes.push_back(std::move(other));
    }

    // Draw the most frequent colours first: their strokes can pass below all others.
    std::ranges::stable_sort(boxes, std::ranges::greater(), [](const Box& box) { return box.pixels.size(); });
    Shades shades{std::vector(images.size(), std::vector<int>(size / 3)), {}, true};
    for (const Box& box : boxes) {
        for (const std::size_t at : box.pixels)
            shades.images[at / size][at % size / 3] = static_cast<int>(shades.pens.size());
        shades.pens.push_back(
            fmt::format("stroke=\"#{:02x}{:02x}{:02x}\"", box.mean[0], box.mean[1], box.mean[2]));
    }
    return shades;
}

// One shade's runs of an image as strokes one pixel high, each moved to from the one before.
std::string strokes_of(const Shades& shades, std::size_t image, int shade, int width, double left, double top) {
    const std::vector<int>& pixels = shades.images[image];
    std::string commands;
    int pen_x = 0, pen_y = 0;
    for (int row = 0; row < static_cast<int>(pixels.size()) / width; ++row) {
        const int* line = pixels.data() + row * width;
        for (int column = 0; column < width; ++column) {
            if (line[column] != shade) continue;

            // Go on to the last pixel that can be reached over what will be covered.
            int end = column + 1;
            for (int x = end; x < width && (line[x] == shade || (shades.cover && line[x] > shade)); ++x)
                if (line[x] == shade) end = x + 1;
            if (commands.empty())
                commands += fmt::format("M{} {}", coordinate(left + column), coordinate(top + row + 0.5));
            else
                commands += fmt::format("m{} {}", column - pen_x, row - pen_y);
            commands += fmt::format("h{}", end - column);
            pen_x = end, pen_y = row;
            column = end - 1;
        }
    }
    return commands;
}

std::string draw(const ImageGrid& grid, const Csv& csv) {
    const auto images = read_images(grid, csv);
    const bool colour = grid.channels == 3;
    Svg svg(grid.title.empty() ? "Images" : grid.title,
            grid.description.empty() ? fmt::format("{} {}images with captions.", images.size(), colour ? "" : "grey ")
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
    const Shades shades = colour ? shades_of_colour(images) : shades_of_grey(images);
    std::vector<std::string> strokes(shades.pens.size());
    const double above = grid.parts.empty() ? 0 : 10;  // room for the names of parts
    double y = std::ceil((head + above) / scale) * scale;
    for (std::size_t first = 0; first < images.size(); first += static_cast<std::size_t>(grid.columns)) {
        const std::size_t last = std::min(images.size(), first + static_cast<std::size_t>(grid.columns));
        std::size_t most_lines = 0;
        for (std::size_t i = first; i < last; ++i) {
            const double margin = 16 + slot * static_cast<double>(i - first) + (slot - width) / 2;
            const double left = std::floor(margin / snap) * snap;
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

            for (std::size_t shade = 0; shade < strokes.size(); ++shade)
                strokes[shade] +=
                    strokes_of(shades, i, static_cast<int>(shade), grid.width, left / scale, y / scale);
        }
        y += std::ceil((26 + above + 15 * static_cast<double>(most_lines)) / scale) * scale + height;
    }
    const std::string enlarged =
        fmt::format("transform=\"scale({})\" shape-rendering=\"crispEdges\"", coordinate(scale));
    if (colour) svg.begin_group("fill=\"none\" " + enlarged);
    for (std::size_t shade = 0; shade < strokes.size(); ++shade)
        if (!strokes[shade].empty())
            svg.path(strokes[shade], colour ? "" : "ink", colour ? shades.pens[shade] : shades.pens[shade] + " " + enlarged);
    if (colour) svg.end_group();
    return svg.finish(std::ceil(y));
}

// What one image is as ink on a page: of a colour, what it lacks of white.
std::vector<double> ink_of(const Image& image, int channels) {
    if (channels == 1) return {image.pixels.begin(), image.pixels.end()};
    std::vector<double> ink;
    for (std::size_t i = 0; i < image.pixels.size(); i += 3)
        ink.push_back(255 - (image.pixels[i] + image.pixels[i + 1] + image.pixels[i + 2]) / 3.0);
    return ink;
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
            std::vector<double> ink = ink_of(images[i], grid.channels);
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
