using System.Runtime.InteropServices;
using System.Text;

namespace DatapathKernels.Tests.Infrastructure;

/// <summary>A file descriptor that gives and takes whole Ethernet frames: a TAP device's other side, or a packet socket on a device.</summary>
public sealed unsafe partial class PacketDevice : IDisposable
{
    private const int ReadWriteNonBlocking = 0x802, Tap = 0x1002, PacketFamily = 17, RawNonBlocking = 0x803, PollIn = 1, OutgoingPacket = 4;
    private const int SocketLevel = 1, MarkOption = 36, PacketLevel = 263, OffloadHeader = 15;
    private const nuint SetInterface = 0x400454ca;

    private readonly int _file;
    private readonly bool _isSocket;
    private readonly byte[] _buffer = new byte[70_000];

    private PacketDevice(int file, bool isSocket)
    {
        if (file < 0)
            throw new InvalidOperationException($"no device: error {Marshal.GetLastPInvokeError()}");
        (_file, _isSocket) = (file, isSocket);
    }

    /// <summary>Makes a TAP device in the calling thread's namespace: what is written here arrives on it, what it sends is read here.</summary>
    public static PacketDevice OpenTap(string name)
    {
        PacketDevice device = new(Open("/dev/net/tun", ReadWriteNonBlocking), false);
        byte[] request = new byte[40];
        Encoding.ASCII.GetBytes(name, request);
        BitConverter.TryWriteBytes(request.AsSpan(16), (short)Tap);
        fixed (byte* bytes = request)
            device.Require(Control(device._file, SetInterface, bytes));
        return device;
    }

    /// <summary>Opens a socket for every frame that arrives on a device; what is written here, the device sends.</summary>
    public static PacketDevice OpenSocket(string name)
    {
        ushort all = 0x0300; // ETH_P_ALL, network byte order
        PacketDevice device = new(Socket(PacketFamily, RawNonBlocking, all), true);
        byte[] address = new byte[20];
        BitConverter.TryWriteBytes(address, (ushort)PacketFamily);
        BitConverter.TryWriteBytes(address.AsSpan(2), all);
        BitConverter.TryWriteBytes(address.AsSpan(4), IndexOf(name));
        fixed (byte* bytes = address)
            device.Require(Bind(device._file, bytes, address.Length));
        return device;
    }

    /// <summary>From now on every frame of a socket is written behind a <c>virtio_net_hdr</c>, which may ask for segmentation (<c>PACKET_VNET_HDR</c>).</summary>
    public void ExpectOffloadHeaders() => Set(PacketLevel, OffloadHeader, 1);

    /// <summary>Marks what a socket sends from now on (<c>SO_MARK</c>).</summary>
    public void Mark(uint mark) => Set(SocketLevel, MarkOption, (int)mark);

    /// <summary>Sends a frame; false when the device refuses it.</summary>
    public bool TryWrite(ReadOnlySpan<byte> frame)
    {
        fixed (byte* bytes = frame)
            return Write(_file, bytes, (nuint)frame.Length) == frame.Length;
    }

    /// <summary>Receives a frame, waiting so long for one; null when none comes. Frames that the device sent itself are passed over.</summary>
    public byte[]? TryRead(int timeoutMs)
    {
        byte* address = stackalloc byte[20];
        while (true)
        {
            PollRequest poll = new() { File = _file, Events = PollIn };
            if (Poll(&poll, 1, timeoutMs) <= 0)
                return null;
            int length = 20;
            fixed (byte* buffer = _buffer)
            {
                nint read = _isSocket ? Receive(_file, buffer, (nuint)_buffer.Length, 0, address, &length) : Read(_file, buffer, (nuint)_buffer.Length);
                if (read >= 0 && (!_isSocket || address[10] != OutgoingPacket))
                    return _buffer[..(int)read];
                if (read < 0)
                    return null;
            }
        }
    }

    /// <summary>Closes it; a TAP device is gone then.</summary>
    public void Dispose() => Close(_file);

    private void Set(int level, int option, int value)
    {
        if (SetOption(_file, level, option, &value, sizeof(int)) != 0)
            throw new InvalidOperationException($"the kernel refused: error {Marshal.GetLastPInvokeError()}");
    }

    private void Require(int result)
    {
        if (result >= 0)
            return;
        int error = Marshal.GetLastPInvokeError();
        Close(_file);
        throw new InvalidOperationException($"the kernel refused: error {error}");
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollRequest
    {
        public int File;
        public short Events;
        public short Returned;
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(int file, nuint request, byte* argument);

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    private static partial int Bind(int file, byte* address, int length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    private static partial int SetOption(int file, int level, int option, int* value, int length);

    [LibraryImport("libc", EntryPoint = "if_nametoindex", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial uint IndexOf(string name);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int file, byte* bytes, nuint length);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(int file, byte* bytes, nuint length);

    [LibraryImport("libc", EntryPoint = "recvfrom", SetLastError = true)]
    private static partial nint Receive(int file, byte* bytes, nuint length, int flags, byte* address, int* addressLength);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(PollRequest* requests, nuint count, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int file);
}
