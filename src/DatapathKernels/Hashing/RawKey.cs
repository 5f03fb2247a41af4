using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Simd;

namespace DatapathKernels.Hashing;

/// <summary>
/// Any unmanaged type as a key, with the meaning a key of a BPF map has: all of its bytes are compared and hashed,
/// padding included.
/// </summary>
/// <remarks>
/// Types of 4, 8 and 16 bytes are hashed by <see cref="FlowHash"/>, all others by <see cref="XxHash3"/>. Equal values are equal keys only when
/// their padding is equal too: give a type with padding the same bytes there, zero for example.
/// </remarks>
/// <typeparam name="T">What the key holds.</typeparam>
/// <param name="value">The value.</param>
public readonly struct RawKey<T>(T value) : IHashKey<RawKey<T>>, IEquatable<RawKey<T>>
    where T : unmanaged
{
    /// <summary>What the key holds.</summary>
    public T Value { get; } = value;

    /// <inheritdoc/>
    public static bool IsBitwise => true;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AreEqual(in RawKey<T> left, in RawKey<T> right)
    {
        if (Unsafe.SizeOf<T>() == 4)
            return Read<uint>(in left, 0) == Read<uint>(in right, 0);
        if (Unsafe.SizeOf<T>() == 8)
            return Read<ulong>(in left, 0) == Read<ulong>(in right, 0);
        if (Unsafe.SizeOf<T>() == 16)
            return ((Read<ulong>(in left, 0) ^ Read<ulong>(in right, 0)) | (Read<ulong>(in left, 8) ^ Read<ulong>(in right, 8))) == 0;
        return Bytes(in left).SequenceEqual(Bytes(in right));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Hash(in RawKey<T> key, ulong seed)
    {
        if (Unsafe.SizeOf<T>() == 4)
            return FlowHash.Compute(Read<uint>(in key, 0), 0, seed);
        if (Unsafe.SizeOf<T>() == 8)
            return FlowHash.Compute(Read<ulong>(in key, 0), 0, seed);
        if (Unsafe.SizeOf<T>() == 16)
            return FlowHash.Compute(Read<ulong>(in key, 0), Read<ulong>(in key, 8), seed);
        return XxHash3.Compute(Bytes(in key), seed);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Hash(in RawKey<T> key, in HashSecret secret)
    {
        if (Unsafe.SizeOf<T>() == 4)
            return FlowHash.Compute(Read<uint>(in key, 0), 0, in secret);
        if (Unsafe.SizeOf<T>() == 8)
            return FlowHash.Compute(Read<ulong>(in key, 0), 0, in secret);
        if (Unsafe.SizeOf<T>() == 16)
            return FlowHash.Compute(Read<ulong>(in key, 0), Read<ulong>(in key, 8), in secret);
        return XxHash3.Compute(Bytes(in key), secret.Seed);
    }

    /// <inheritdoc/>
    public static void Hash(ReadOnlySpan<RawKey<T>> keys, Span<ulong> hashes, in HashSecret secret)
    {
        if (Unsafe.SizeOf<T>() == 16)
        {
            FlowHash.Compute<NativeIsa>(MemoryMarshal.Cast<RawKey<T>, ulong>(keys), hashes, in secret);
            return;
        }

        for (int i = 0; i < keys.Length; i++)
            hashes[i] = Hash(in keys[i], in secret);
    }

    /// <inheritdoc/>
    public bool Equals(RawKey<T> other) => AreEqual(this, other);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RawKey<T> other && AreEqual(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => (int)Hash(this, 0);

    /// <summary>True when both keys hold the same bytes.</summary>
    public static bool operator ==(RawKey<T> left, RawKey<T> right) => AreEqual(left, right);

    /// <summary>True when the keys differ.</summary>
    public static bool operator !=(RawKey<T> left, RawKey<T> right) => !AreEqual(left, right);

    // SAFE: the callers read within SizeOf<T>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TWord Read<TWord>(in RawKey<T> key, int offset) =>
        Unsafe.ReadUnaligned<TWord>(ref Unsafe.Add(ref Unsafe.As<RawKey<T>, byte>(ref Unsafe.AsRef(in key)), offset));

    private static ReadOnlySpan<byte> Bytes(in RawKey<T> key) =>
        MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(in key, 1));
}
