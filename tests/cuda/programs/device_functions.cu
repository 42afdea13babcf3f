// Device functions that few programs call: packed integers, directed conversions, special functions.
#include <cstdio>
#include <cmath>
#include <cuda_fp16.h>
#include <cuda_bf16.h>
__global__ void k(unsigned* o, double* d) {
    o[0] = __vadd4(0x01ff7f80u, 0x01018001u); o[1] = __vaddus4(0xf0102030u, 0x20101010u);
    o[2] = __vmaxs2(0xffff0001u, 0x00010000u); o[3] = __vsadu4(0x01020304u, 0x04030201u);
    o[4] = __vcmpgtu4(0x05000501u, 0x04010502u); o[5] = __vabsdiffu4(0x01020304u, 0x04030201u);
    o[6] = __vavgu4(0x01020304u, 0x03020202u); o[7] = __vsetles2(0xffff0005u, 0x00000004u);
    o[8] = __vsubss2(0x80000001u, 0x00010002u); o[9] = __vabs4(0xff80017fu);
    o[10] = __vneg2(0x00010002u);
    o[11] = __fns(0xF0u, 0, 2); o[12] = __funnelshift_lc(0x1u, 0x2u, 33);
    o[13] = __dp2a_lo(0x00020003, 0x00000504, 7); o[14] = __vimax3_s32(-3, 2, 1);
    o[15] = umax(3u, 9u); o[16] = __rhadd(3, 4);
    half a = __float2half_rd(0.1f), b = __float2half_ru(0.1f), z = __float2half_rz(-0.1f);
    o[17] = __half_as_ushort(a); o[18] = __half_as_ushort(b); o[19] = __half_as_ushort(z);
    o[20] = __heq2_mask(__halves2half2(a, b), __halves2half2(a, a)); o[21] = __hbge2(__halves2half2(b, b), __halves2half2(a, b));
    o[22] = (unsigned)__half2ll_rz(half(123.75f)); o[23] = __half_as_ushort(__hadd_sat(half(0.75f), half(0.75f)));
    o[24] = __half_as_ushort(__hfma_relu(half(-1.f), half(2.f), half(1.f)));
    o[25] = __bfloat16_as_ushort(__float2bfloat16_rz(1.999f)); o[26] = __hequ(half(NAN), half(1.f));
    o[27] = __half_as_ushort(__ll2half_rn(2049)); o[28] = __half2uchar_rz(half(300.f));
    o[29] = __half_as_ushort(__int2half_ru(2049));
    d[0] = erfinv(0.5); d[1] = normcdfinv(0.975); d[2] = erfcx(3.0); d[3] = cyl_bessel_i0(1.0);
    d[4] = erfcinv(1e-5); d[5] = norm3d(1, 2, 2); d[6] = erfinv(-0.999); d[7] = erfcx(30.0);
    double s, c; sincospi(0.25, &s, &c); d[8] = s * s + c * c;
}
int main() { unsigned *o, w[] = {0x0200ff81u, 0xff203040u, 0x00010001u, 8, 0xff000000u, 0x03010103u,
    0x02020303u, 0x00010000u, 0x8000ffffu, 0x0180017fu, 0xfffffffeu, 5, 0x1u, 7 + 3 * 4 + 2 * 5, 2, 9, 4, 0x2e66,
    0x2e67, 0xae66, 0xffffu, 1, 123, 0x3c00, 0, 0x3fff, 1, 0x6800, 255, 0x6801};
    double *d, e[] = {0.4769362762044699, 1.959963984540054, 0.1790011511813899, 1.2660658777520084,
    3.123413274340875, 3, -2.326753765513525, 0.018795888861416751, 1};
    cudaMallocManaged(&o, 256); cudaMallocManaged(&d, 128); k<<<1, 1>>>(o, d);
    if (cudaDeviceSynchronize()) return 1; int bad = 0; for (int i = 0; i < 30; i++) if (o[i] != w[i]) { printf("%d: %x %x\n", i, o[i], w[i]);
    bad = 1; } for (int i = 0; i < 9; i++) if (!(fabs(d[i] - e[i]) < 1e-9 * (1 + fabs(e[i])))) { printf("d%d: %.15g %.15g\n", i, d[i], e[i]);
    bad = 1; } puts(bad ? "some are wrong" : "all right"); }
// expect: all right
