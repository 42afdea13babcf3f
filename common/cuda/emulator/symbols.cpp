/// @file
/// The program's own symbols: shared arrays and source lines.
#include "common/cuda/emulator/symbols.hpp"

#include <cxxabi.h>
#include <elf.h>
#include <fmt/format.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <string_view>

#include "common/cuda/emulator/observer.hpp"

namespace kbk::cuda::emulator {

namespace {

/// The program in memory, from the dynamic linker.
struct Image {
    std::uintptr_t bias = 0, begin = ~std::uintptr_t{0}, end = 0;
    char* thread_locals = nullptr;  // of the thread that asked
    std::size_t thread_local_bytes = 0;
};

Image image() {
    Image found;
    dl_iterate_phdr(
        [](dl_phdr_info* info, std::size_t, void* data) {
            // The first module is the program itself.
            Image& self = *static_cast<Image*>(data);
            self.bias = info->dlpi_addr;
            for (int i = 0; i < info->dlpi_phnum; ++i) {
                const auto& header = info->dlpi_phdr[i];
                if (header.p_type == PT_LOAD) {
                    self.begin = std::min<std::uintptr_t>(self.begin, info->dlpi_addr + header.p_vaddr);
                    self.end =
                        std::max<std::uintptr_t>(self.end, info->dlpi_addr + header.p_vaddr + header.p_memsz);
                }
                if (header.p_type == PT_TLS) {
                    self.thread_locals = static_cast<char*>(info->dlpi_tls_data);
                    self.thread_local_bytes = header.p_memsz;
                }
            }
            return 1;
        },
        &found);
    return found;
}

std::string demangled(const std::string& symbol) {
    char* text = abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, nullptr);
    std::string readable = text ? text : symbol;
    std::free(text);
    return readable;
}

/// "void kbk::tiled<16>(float const*, int)" -> "kbk::tiled<16>"
std::string without_signature(std::string_view function) {
    // Walk back over the argument list, then cut what stands before a space outside of all brackets.
    std::size_t end = function.size();
    if (const std::size_t close = function.rfind(')'); close != function.npos) {
        int depth = 0;
        for (std::size_t i = close + 1; i-- > 0;) {
            depth += function[i] == ')';
            depth -= function[i] == '(';
            if (depth == 0) {
                end = i;
                break;
            }
        }
    }
    std::size_t begin = 0;
    int depth = 0;
    for (std::size_t i = 0; i < end; ++i) {
        depth += function[i] == '<' || function[i] == '(';
        depth -= function[i] == '>' || function[i] == ')';
        if (depth == 0 && function[i] == ' ') begin = i + 1;
    }
    return std::string(function.substr(begin, end - begin));
}

/// A variable that is static within a function: "_ZZ", the function's own name without its "_Z", "E", the
/// variable.
struct Variable {
    std::string symbol;
    SharedArray array;
};

struct Table {
    std::multimap<std::uintptr_t, std::string> functions;  // by address, as linked
    std::vector<Variable> variables;
    std::vector<SharedArray> arrays;
};

/// Read the symbol table of the program's file (this machine's own format: 64-bit ELF).
Table read_table() {
    Table table;
    std::ifstream file("/proc/self/exe", std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    const auto at = [&]<class T>(std::uint64_t offset, T& value) {
        if (offset + sizeof value > bytes.size()) return false;
        std::memcpy(&value, bytes.data() + offset, sizeof value);
        return true;
    };
    Elf64_Ehdr head{};
    if (!at(0, head) || std::memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 ||
        head.e_ident[EI_CLASS] != ELFCLASS64)
        return table;
    for (int s = 0; s < head.e_shnum; ++s) {
        Elf64_Shdr section{}, names{};
        if (!at(head.e_shoff + s * sizeof section, section) || section.sh_type != SHT_SYMTAB) continue;
        if (!at(head.e_shoff + section.sh_link * sizeof names, names)) continue;
        for (std::uint64_t offset = 0; offset < section.sh_size; offset += sizeof(Elf64_Sym)) {
            Elf64_Sym symbol{};
            if (!at(section.sh_offset + offset, symbol) || names.sh_offset + symbol.st_name >= bytes.size())
                break;
            const char* name = bytes.data() + names.sh_offset + symbol.st_name;
            const int type = ELF64_ST_TYPE(symbol.st_info);
            if (type == STT_FUNC && symbol.st_value) table.functions.emplace(symbol.st_value, name);
            if (type == STT_TLS && symbol.st_shndx != SHN_UNDEF && symbol.st_size &&
                std::strncmp(name, "_ZZ", 3) == 0) {
                const std::string readable = demangled(name);
                const std::size_t cut = readable.rfind("::");
                if (cut == readable.npos || readable.starts_with("guard variable")) continue;
                table.variables.push_back(
                    {name,
                     {readable.substr(cut + 2), without_signature(std::string_view(readable).substr(0, cut)),
                      symbol.st_value, symbol.st_size}});
            }
        }
    }
    std::sort(table.variables.begin(), table.variables.end(),
              [](const Variable& a, const Variable& b) { return a.array.offset < b.array.offset; });
    for (const Variable& variable : table.variables) table.arrays.push_back(variable.array);
    return table;
}

const Table& table() {
    static const Table one = read_table();
    return one;
}

StaticShared find_arrays(const void* kernel) {
    StaticShared found;
    const auto [first, last] =
        table().functions.equal_range(reinterpret_cast<std::uintptr_t>(kernel) - image().bias);
    for (auto name = first; name != last && found.arrays.empty(); ++name) {
        if (!name->second.starts_with("_Z")) continue;
        const std::string prefix = "_ZZ" + name->second.substr(2) + "E";
        for (const Variable& variable : table().variables)
            if (variable.symbol.starts_with(prefix)) found.arrays.push_back(variable.array);
    }
    for (const SharedArray& array : found.arrays) {
        found.bytes += array.bytes;
        if (!found.largest || array.bytes > found.largest->bytes) found.largest = &array;
    }
    return found;
}

}  // namespace

const StaticShared& static_shared_of(const void* kernel) {
    static std::mutex mutex;
    static std::map<const void*, StaticShared> known;
    const std::lock_guard lock(mutex);
    const auto place = known.find(kernel);
    return place != known.end() ? place->second : known.emplace(kernel, find_arrays(kernel)).first->second;
}

bool in_image(const void* address) {
    static const Image one = image();
    const auto place = reinterpret_cast<std::uintptr_t>(address);
    return place >= one.begin && place < one.end;
}

ThreadLocals thread_locals() {
    // The dynamic linker tells where they are once this thread has touched one of them.
    volatile bool touched = running.active;
    static_cast<void>(touched);
    const Image self = image();
    return {self.thread_locals, self.thread_local_bytes};
}

const std::vector<SharedArray>& shared_arrays() {
    return table().arrays;
}

SourceLine source_of(const void* instruction) {
    if (!in_image(instruction)) return {};
    static std::mutex mutex;
    static std::map<const void*, SourceLine> known;
    const std::lock_guard lock(mutex);
    if (const auto place = known.find(instruction); place != known.end()) return place->second;

    // One line of output for each function that was inlined around the instruction, innermost first.
    const char* tool = std::getenv("ADDR2LINE");
    char program[4096] = "";
    if (readlink("/proc/self/exe", program, sizeof program - 1) < 0) return {};
    const std::string command =
        fmt::format("{} -i -e '{}' {:#x} 2>/dev/null", tool ? tool : "addr2line", program,
                    reinterpret_cast<std::uintptr_t>(instruction) - image().bias);
    SourceLine found;
    if (std::FILE* pipe = popen(command.c_str(), "r")) {
        char text[1024];
        while (found.file.empty() && std::fgets(text, sizeof text, pipe)) {
            const std::string_view line(text);
            const std::size_t colon = line.rfind(':');
            if (colon == line.npos || line[0] == '?' || line.find("common/cuda/emulator/") != line.npos)
                continue;
            found.line = std::atoi(text + colon + 1);
            if (found.line) found.file = line.substr(0, colon);
        }
        pclose(pipe);
    }
    known[instruction] = found;
    return found;
}

}  // namespace kbk::cuda::emulator
