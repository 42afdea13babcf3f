/// @file
/// nvcuda::wmma: matrix fragments that lie spread over the 32 lanes of a warp, and their product.
///
/// CUDA leaves open which lane holds which element. Here lane l holds elements l*n ... l*n + n-1 of the tile
/// in row-major order, so that code that goes through fragment.x[] works as on hardware. A fragment is
/// loaded, stored or multiplied by the lane that comes last, for all of them.

/// @cond CUDA's own words, or machinery: the folder's page explains it
#pragma once

#include <cstdint>
#include <type_traits>

#include "common/cuda/emulator/half.hpp"

namespace nvcuda::wmma {

struct row_major;
struct col_major;
struct matrix_a;
struct matrix_b;
struct accumulator;
enum layout_t { mem_row_major, mem_col_major };

namespace precision {
/// A float with 10 bits of fraction, kept in a float.
struct tf32;
}  // namespace precision

/// @return the nearest number with 10 bits of fraction (ties away from zero, as cvt.rna.tf32.f32)
[[gnu::always_inline]] inline float __float_to_tf32(float x) {
    return kbk::cuda::emulator::float_of((kbk::cuda::emulator::bits_of(x) + 0x1000u) & 0xffffe000u);
}

namespace emulated {

using kbk::cuda::emulator::Meeting;
using kbk::cuda::emulator::one_of;
using kbk::cuda::emulator::Request;
using kbk::cuda::emulator::Source;

template <class T>
struct Stored {
    using type = T;
};
template <>
struct Stored<precision::tf32> {
    using type = float;
};

/// The shapes (M, N, K) that tensor cores multiply, by type of element.
template <int M, int N, int K, class T>
constexpr bool is_shape() {
    if (one_of<T, precision::tf32>) return M == 16 && N == 16 && K == 8;
    if (one_of<T, double>) return M == 8 && N == 8 && K == 4;
    return K == 16 && ((M == 16 && N == 16) || (M == 32 && N == 8) || (M == 8 && N == 32));
}

}  // namespace emulated

/// A tile of matrix A (M x K), B (K x N), or of the accumulator (M x N).
template <class Use, int M, int N, int K, class T, class Layout = void>
struct fragment {
    static constexpr bool is_accumulator = std::is_same_v<Use, accumulator>;
    static_assert(is_accumulator == std::is_void_v<Layout>,
                  "matrix_a and matrix_b need row_major or col_major; accumulators none");
    static_assert(
        is_accumulator
            ? emulated::one_of<T, float, half, int, double>
            : emulated::one_of<T, half, __nv_bfloat16, precision::tf32, signed char, unsigned char, double>,
        "tensor cores multiply half, __nv_bfloat16, precision::tf32, signed char, unsigned char or double");
    static_assert(is_accumulator ? emulated::is_shape<M, N, K, half>() ||
                                       emulated::is_shape<M, N, K, precision::tf32>() ||
                                       emulated::is_shape<M, N, K, double>()
                                 : emulated::is_shape<M, N, K, T>(),
                  "no tensor core multiplies this shape and type: 16x16x16, 32x8x16, 8x32x16; tf32 16x16x8; "
                  "double 8x8x4");

    static constexpr int rows = std::is_same_v<Use, matrix_b> ? K : M;
    static constexpr int columns = std::is_same_v<Use, matrix_a> ? K : N;
    static constexpr int num_elements = rows * columns / 32;  ///< that one lane holds
    static constexpr bool is_left = std::is_same_v<Use, matrix_a>;  ///< whether k goes along its rows
    static constexpr bool is_flat = M == 8 && N == 32;

    using element_type = T;
    using storage_element_type = typename emulated::Stored<T>::type;
    storage_element_type x[num_elements];
};

namespace emulated {

/// Meet the other 31 lanes; the last runs `resolve` on the parts of all.
KBK_EMULATOR inline void meet_all(Meeting meeting, void* part, void (*resolve)(Request**, unsigned),
                                  Source where) {
    Request request{0xffffffffu, meeting, 0, 32, reinterpret_cast<std::uint64_t>(part), 0, where, resolve};
    meet(request);
}

/// A tile in memory, as one lane names it.
template <class Fragment, class Element>
struct Transfer {
    Fragment* fragment;
    Element* memory;
    unsigned stride;  // elements from row to row, or column to column
    bool row_major;

    [[gnu::always_inline]] Element& at(int row, int column) const {
        return memory[row_major ? row * static_cast<std::ptrdiff_t>(stride) + column
                                : column * static_cast<std::ptrdiff_t>(stride) + row];
    }
};

template <class Fragment, class Element, bool Store>
KBK_EMULATOR void transfer_all(Request** lanes, unsigned mask) {
    using Part = Transfer<Fragment, Element>;
    const Part& first = *reinterpret_cast<Part*>(lanes[0]->in);
    if (mask != 0xffffffffu)
        kbk::cuda::emulator::warp_mistake("matrix fragments need all 32 lanes of a warp", lanes[0]->where);
    for (int lane = 0; lane < 32; ++lane) {
        const Part& part = *reinterpret_cast<Part*>(lanes[lane]->in);
        if (part.memory != first.memory || part.stride != first.stride || part.row_major != first.row_major)
            kbk::cuda::emulator::warp_mistake(
                "the lanes of a warp give different addresses or strides for one matrix fragment",
                lanes[lane]->where);
        for (int e = 0; e < Fragment::num_elements; ++e) {
            const int i = lane * Fragment::num_elements + e;
            Element& element = part.at(i / Fragment::columns, i % Fragment::columns);
            if constexpr (Store)
                element = part.fragment->x[e];
            else
                part.fragment->x[e] = element;
        }
    }
}

/// What a lane holds of a fragment: a few elements that follow each other along k in an operand, along a row in an
/// accumulator.
template <class Fragment>
struct Pieces {
    static constexpr int size = sizeof(typename Fragment::storage_element_type);
    static constexpr int width = Fragment::is_accumulator ? 2 : size < 4 ? 4 / size : 1;

    /// @return whether they are neighbours in memory, which one instruction moves. Two-byte elements always are: an
    ///         instruction of its own transposes them. In a fragment of 8 x 32 sums the columns take the rows' place.
    [[gnu::always_inline]] static constexpr bool neighbours(bool row_major) {
        if (size == 2) return true;
        const bool along_rows = Fragment::is_accumulator ? !Fragment::is_flat : Fragment::is_left;
        return row_major == along_rows;
    }
};

/// Load or store: the lanes meet, the last moves the whole tile, then each tells the observer of its pieces.
template <bool Store, class Fragment, class Element>
KBK_EMULATOR void transfer(Fragment* fragment, Element* memory, unsigned stride, bool row_major,
                           Source where) {
    if (reinterpret_cast<std::uintptr_t>(memory) % 32)
        kbk::cuda::emulator::warp_mistake("a matrix fragment's address must be a multiple of 32 bytes",
                                          where);
    if (stride * sizeof(Element) % 16)
        kbk::cuda::emulator::warp_mistake(
            "a matrix fragment's stride must be a multiple of 16 bytes: 8 halves, 4 floats", where);

    Transfer<Fragment, Element> part{fragment, memory, stride, row_major};
    meet_all(Store ? Meeting::store_matrix : Meeting::load_matrix, &part,
             transfer_all<Fragment, Element, Store>, where);

    // Tell of them as nvcc compiles them for tensor cores since sm_80: lane 4 g + t takes neighbours of row g, or,
    // where its elements are no neighbours, single ones of the rows around t.
    constexpr int width = Pieces<Fragment>::width;
    const void* const pc = __builtin_return_address(0);
    const int lines = row_major ? Fragment::rows : Fragment::columns;  // in memory, each one `run` long
    const int run = row_major ? Fragment::columns : Fragment::rows;
    const int g = kbk::cuda::emulator::lane() / 4, t = kbk::cuda::emulator::lane() % 4;
    if (Pieces<Fragment>::neighbours(row_major)) {
        for (int line = g; line < lines; line += 8)
            for (int place = t * width; place < run; place += 4 * width)
                kbk::cuda::emulator::fragment_access(memory + line * static_cast<std::ptrdiff_t>(stride) + place,
                                                     width * static_cast<int>(sizeof(Element)), Store, pc);
    } else {
        for (int first = t * width; first < lines; first += 4 * width)
            for (int line = first; line < first + width; ++line)
                for (int place = g; place < run; place += 8)
                    kbk::cuda::emulator::fragment_access(memory + line * static_cast<std::ptrdiff_t>(stride) + place,
                                                         static_cast<int>(sizeof(Element)), Store, pc);
    }
}

/// One lane's operands of D = A B + C.
template <class D, class A, class B, class C>
struct Product {
    D* d;
    const A* a;
    const B* b;
    const C* c;
};

/// What tensor cores see of an element: of a tf32 the upper 19 bits.
template <class T, class Value>
[[gnu::always_inline]] inline auto operand(Value value) {
    if constexpr (one_of<T, precision::tf32>)
        return kbk::cuda::emulator::float_of(kbk::cuda::emulator::bits_of(value) & 0xffffe000u);
    else if constexpr (one_of<T, half, __nv_bfloat16>)
        return static_cast<float>(value);
    else if constexpr (std::is_integral_v<Value>)
        return static_cast<int>(value);
    else
        return value;
}

template <class D, class A, class B, class C>
KBK_EMULATOR void multiply_all(Request** lanes, unsigned mask) {
    if (mask != 0xffffffffu)
        kbk::cuda::emulator::warp_mistake("wmma::mma_sync needs all 32 lanes of a warp", lanes[0]->where);
    using Sum =
        std::conditional_t<one_of<typename C::element_type, int, double>, typename C::element_type, float>;
    constexpr int m = D::rows, n = D::columns, k = A::columns;
    Sum a[m * k], b[k * n], c[m * n];

    // Gather the lanes' elements, multiply, and scatter the result.
    for (int lane = 0; lane < 32; ++lane) {
        const auto& own = *reinterpret_cast<const Product<D, A, B, C>*>(lanes[lane]->in);
        for (int e = 0; e < A::num_elements; ++e)
            a[lane * A::num_elements + e] = operand<typename A::element_type>(own.a->x[e]);
        for (int e = 0; e < B::num_elements; ++e)
            b[lane * B::num_elements + e] = operand<typename B::element_type>(own.b->x[e]);
        for (int e = 0; e < C::num_elements; ++e) c[lane * C::num_elements + e] = own.c->x[e];
    }
    for (int i = 0; i < m; ++i)
        for (int l = 0; l < k; ++l)
            for (int j = 0; j < n; ++j) c[i * n + j] += a[i * k + l] * b[l * n + j];
    for (int lane = 0; lane < 32; ++lane) {
        const auto& own = *reinterpret_cast<const Product<D, A, B, C>*>(lanes[lane]->in);
        for (int e = 0; e < D::num_elements; ++e)
            own.d->x[e] = static_cast<typename D::storage_element_type>(c[lane * D::num_elements + e]);
    }
}

template <class T, class Element>
constexpr bool is_memory_of = std::is_same_v<typename Stored<T>::type, std::remove_cv_t<Element>>;

}  // namespace emulated

/// Set all elements.
template <class Use, int M, int N, int K, class T, class Layout>
KBK_EMULATOR void fill_fragment(fragment<Use, M, N, K, T, Layout>& f,
                                const std::type_identity_t<typename emulated::Stored<T>::type>& value) {
    for (auto& element : f.x) element = value;
}

/// Load a tile of A or B. @param stride elements from row to row (row_major) or column to column (col_major)
template <class Use, int M, int N, int K, class T, class Layout, class Element>
[[gnu::always_inline]] inline void load_matrix_sync(
    fragment<Use, M, N, K, T, Layout>& f, const Element* memory, unsigned stride,
    emulated::Source where = std::source_location::current()) {
    static_assert(emulated::is_memory_of<T, Element>, "a fragment loads elements of its own type");
    static_assert(!std::is_void_v<Layout>,
                  "the layout of an accumulator is load_matrix_sync's fourth argument");
    emulated::transfer<false>(&f, memory, stride, std::is_same_v<Layout, row_major>, where);
    kbk::cuda::emulator::stay_in_kernel();
}

/// Load a tile of the accumulator.
template <int M, int N, int K, class T, class Element>
[[gnu::always_inline]] inline void load_matrix_sync(
    fragment<accumulator, M, N, K, T>& f, const Element* memory, unsigned stride, layout_t layout,
    emulated::Source where = std::source_location::current()) {
    static_assert(emulated::is_memory_of<T, Element>, "a fragment loads elements of its own type");
    emulated::transfer<false>(&f, memory, stride, layout == mem_row_major, where);
    kbk::cuda::emulator::stay_in_kernel();
}

/// Store a tile of the accumulator.
template <int M, int N, int K, class T, class Element>
[[gnu::always_inline]] inline void store_matrix_sync(
    Element* memory, const fragment<accumulator, M, N, K, T>& f, unsigned stride, layout_t layout,
    emulated::Source where = std::source_location::current()) {
    static_assert(emulated::is_memory_of<T, Element>, "a fragment stores elements of its own type");
    emulated::transfer<true>(&f, memory, stride, layout == mem_row_major, where);
    kbk::cuda::emulator::stay_in_kernel();
}

/// D = A B + C. Products and sums are floats (doubles, ints for such fragments); D may be C.
template <int M, int N, int K, class TD, class TA, class LA, class LB, class TC>
KBK_EMULATOR void mma_sync(fragment<accumulator, M, N, K, TD>& d,
                           const fragment<matrix_a, M, N, K, TA, LA>& a,
                           const fragment<matrix_b, M, N, K, TA, LB>& b,
                           const fragment<accumulator, M, N, K, TC>& c,
                           emulated::Source where = std::source_location::current()) {
    using D = fragment<accumulator, M, N, K, TD>;
    using A = fragment<matrix_a, M, N, K, TA, LA>;
    using B = fragment<matrix_b, M, N, K, TA, LB>;
    using C = fragment<accumulator, M, N, K, TC>;
    emulated::Product<D, A, B, C> part{&d, &a, &b, &c};
    emulated::meet_all(emulated::Meeting::multiply_matrices, &part, emulated::multiply_all<D, A, B, C>,
                       where);
}

}  // namespace nvcuda::wmma

/// @endcond
