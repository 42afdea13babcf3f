#include "common/report/svg.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "common/report/format.hpp"

namespace kbk {

namespace {

// Colours of light pages, then of dark ones. The eight colours of series stay apart for readers with any of
// the three kinds of colour blindness (by at least 15 in CIELAB, the first four by 22), and have a contrast
// of 3 or more.
constexpr const char* light_colours =
    "--page:#fff;--fg:#1f2328;--quiet:#59636e;--grid:#e4e8ec;--axis:#818b98;"
    "--s0:#064dc0;--s1:#c77200;--s2:#00aa64;--s3:#aa4499;--s4:#755310;--s5:#478edf;--s6:#7a1f3d;--s7:#2f6162";
constexpr const char* dark_colours =
    "--page:#0d1117;--fg:#e6edf3;--quiet:#9aa4ae;--grid:#2a313a;--axis:#6e7781;"
    "--s0:#6b8cff;--s1:#fc7b1c;--s2:#29c693;--s3:#de7fce;--s4:#f5e05a;--s5:#b5e7f3;--s6:#b5476b;--s7:#8b949e";

// Inside a page the theme's class decides; as an image on its own the figure follows the browser's
// preference.
std::string style_sheet() {
    std::string css = fmt::format(
        ".kbk{{{0}}}\n@media(prefers-color-scheme:dark){{.kbk{{{1}}}}}\n"
        "html.light-mode .kbk{{{0}}}\nhtml.dark-mode .kbk{{{1}}}\n",
        light_colours, dark_colours);
    css +=
        ".kbk{max-width:100%;height:auto;color:var(--fg);--c:var(--quiet)}\n"
        ".kbk text{font:13px system-ui,-apple-system,\"Segoe UI\",Roboto,\"Noto "
        "Sans\",sans-serif;fill:var(--fg)}\n"
        ".kbk .title{font-size:15px;font-weight:600}\n"
        ".kbk .label{fill:var(--quiet)}\n"
        ".kbk .small{font-size:12px}\n"
        ".kbk .tiny{font-size:10px}\n"
        ".kbk .strong{font-weight:600;fill:var(--c)}\n"
        ".kbk .onfill{fill:var(--page)}\n"
        ".kbk .grid{stroke:var(--grid)}\n"
        ".kbk .axis{stroke:var(--axis)}\n"
        ".kbk .rule{stroke:var(--quiet);stroke-dasharray:2 4;stroke-linecap:round;stroke-width:1.5}\n"
        ".kbk .curve{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round;stroke-linecap:round}\n"
        ".kbk .dashed{stroke-dasharray:7 5}\n"
        ".kbk .lead{fill:none;stroke:var(--c);opacity:.5}\n"
        ".kbk .fill{fill:var(--c)}\n"
        ".kbk .dot{fill:var(--c);stroke:var(--page)}\n"
        ".kbk .band{fill:var(--c);opacity:.16}\n"
        ".kbk .frame{fill:none;stroke:var(--grid)}\n"
        ".kbk .ink{fill:none;stroke:currentColor}\n";
    for (int i = 0; i < series_colours; ++i) css += fmt::format(".kbk .s{0}{{--c:var(--s{0})}}", i);
    return css;
}

std::string tag_attributes(std::string_view css, std::string_view attributes) {
    std::string out = css.empty() ? "" : fmt::format(" class=\"{}\"", css);
    if (!attributes.empty()) out += fmt::format(" {}", attributes);
    return out;
}

// Widths in hundredths of the font size, of the widest of the fonts that pages use.
int character_width(unsigned char c) {
    if (std::string_view("iljI.,:;'|!()[]").find(static_cast<char>(c)) != std::string_view::npos) return 38;
    if (std::string_view(" frt-/").find(static_cast<char>(c)) != std::string_view::npos) return 41;
    if (std::string_view("mwMW%@").find(static_cast<char>(c)) != std::string_view::npos) return 95;
    if (c >= 'A' && c <= 'Z') return 72;
    return 64;
}

// The first comma that is not inside a number, or the end.
std::size_t find_comma(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] == ',' && (i + 1 == text.size() || text[i + 1] < '0' || text[i + 1] > '9')) return i;
    return text.size();
}

}  // namespace

Svg::Svg(std::string_view title, std::string_view description) : title_(title), description_(description) {}

void Svg::rect(double x, double y, double w, double h, std::string_view css, std::string_view attributes) {
    body_ += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"{}/>\n", coordinate(x),
                         coordinate(y), coordinate(w), coordinate(h), tag_attributes(css, attributes));
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view css) {
    body_ += fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"{}/>\n", coordinate(x1),
                         coordinate(y1), coordinate(x2), coordinate(y2), tag_attributes(css, {}));
}

void Svg::circle(double x, double y, double radius, std::string_view css) {
    body_ += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{}\"{}/>\n", coordinate(x), coordinate(y),
                         coordinate(radius), tag_attributes(css, {}));
}

void Svg::path(std::string_view commands, std::string_view css, std::string_view attributes) {
    body_ += fmt::format("<path d=\"{}\"{}/>\n", commands, tag_attributes(css, attributes));
}

void Svg::text(double x, double y, std::string_view text, std::string_view css, Anchor anchor, double turn) {
    std::string attributes;
    if (anchor != Anchor::start)
        attributes = fmt::format("text-anchor=\"{}\"", anchor == Anchor::middle ? "middle" : "end");
    if (turn != 0)
        attributes += fmt::format("{}transform=\"rotate({} {} {})\"", attributes.empty() ? "" : " ",
                                  coordinate(turn), coordinate(x), coordinate(y));
    body_ += fmt::format("<text x=\"{}\" y=\"{}\"{}>{}</text>\n", coordinate(x), coordinate(y),
                         tag_attributes(css, attributes), escape(text));
}

void Svg::begin_group(std::string_view attributes) {
    body_ += fmt::format("<g {}>\n", attributes);
}

void Svg::end_group() {
    body_ += "</g>\n";
}

void Svg::begin_clip(double x, double y, double w, double h) {
    // An inner svg element clips without an id, which two figures on one page could share.
    body_ +=
        fmt::format("<svg x=\"{0}\" y=\"{1}\" width=\"{2}\" height=\"{3}\" viewBox=\"{0} {1} {2} {3}\">\n",
                    coordinate(x), coordinate(y), coordinate(w), coordinate(h));
}

void Svg::end_clip() {
    body_ += "</svg>\n";
}

double Svg::head(std::string_view title, const std::vector<std::string>& names) {
    double y = 8;
    if (!title.empty()) {
        text(16, 25, title, "title");
        y = 36;
    }
    if (names.empty()) return y;

    // Set the names in rows from the left.
    double x = 16;
    y += 14;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const double width = 19 + text_width(names[i], 13) + 18;
        if (x > 16 && x + width > figure_width - 16) {
            x = 16;
            y += 20;
        }
        rect(x, y - 9, 13, 10, "fill " + series_class(i), "rx=\"2\"");
        text(x + 19, y, names[i], "");
        x += width;
    }
    return y + 12;
}

std::string Svg::finish(double height) const {
    return fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"kbk\" width=\"{0}\" height=\"{1}\" "
        "viewBox=\"0 0 {0} {1}\" "
        "role=\"img\">\n<title>{2}</title>\n<desc>{3}</desc>\n<style>\n{4}\n</style>\n{5}"
        "</svg>\n",
        coordinate(figure_width), coordinate(height), escape(title_), escape(description_), style_sheet(),
        body_);
}

double text_width(std::string_view text, double size) {
    int hundredths = 0;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte & 0xC0) != 0x80) hundredths += character_width(byte);
    }
    return hundredths * size / 100;
}

std::vector<std::string> wrap(std::string_view text, double size, double width) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t comma = find_comma(text);
        std::string_view part = text.substr(0, comma);
        text.remove_prefix(std::min(comma + 1, text.size()));
        text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
        std::string line;
        while (!part.empty()) {
            // A percent sign stays with its number.
            std::size_t space = std::min(part.find(' '), part.size());
            if (part.substr(space).starts_with(" %"))
                space = std::min(part.find(' ', space + 1), part.size());
            const std::string longer = line.empty() ? std::string(part.substr(0, space))
                                                    : fmt::format("{} {}", line, part.substr(0, space));
            if (!line.empty() && text_width(longer, size) > width) {
                lines.push_back(line);
                line.clear();
                continue;
            }
            line = longer;
            part.remove_prefix(std::min(space + 1, part.size()));
        }
        lines.push_back(line);
    }
    return lines;
}

std::vector<double> spread(const std::vector<double>& wishes, double gap, double low, double high) {
    // Merge neighbours that would overlap into blocks, each placed at the mean of its members' wishes.
    struct Block {
        double sum;
        int count;
    };
    std::vector<Block> blocks;
    const auto top = [&](const Block& b) {
        const double size = gap * (b.count - 1);
        return std::clamp(b.sum / b.count - size / 2, low, std::max(low, high - size));
    };
    for (const double wish : wishes) {
        blocks.push_back({wish, 1});
        while (blocks.size() > 1) {
            const Block last = blocks.back(), before = blocks[blocks.size() - 2];
            if (top(before) + gap * before.count <= top(last)) break;
            blocks.pop_back();
            blocks.back() = {before.sum + last.sum, before.count + last.count};
        }
    }
    std::vector<double> places;
    for (const Block& b : blocks)
        for (int i = 0; i < b.count; ++i) places.push_back(top(b) + gap * i);
    return places;
}

std::string coordinate(double value) {
    std::string text = fixed(value, 2);
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
    return text;
}

std::string escape(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string series_class(std::size_t index) {
    return fmt::format("s{}", index % series_colours);
}

}  // namespace kbk
