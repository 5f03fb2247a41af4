using System.Runtime.CompilerServices;
using DatapathKernels.Filtering;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <content>
/// What <see cref="Explain"/> says. Each sentence is a method of its own that its caller does not take in: the parts of a sentence under way hold references, which a
/// method that has them clears for every packet, told or not.
/// </content>
public abstract partial class Datapath
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    private protected void Step(string stage, string outcome, CostClass cost) => _steps?.Add(new PathStep(stage, outcome, cost));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private protected void TellHook(string rules, Hook hook, in PacketVerdict verdict, in PacketMeta meta, CostClass cost) => Step($"{rules} {hook}", Words(verdict, meta), cost);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private protected void TellPolicy(in PacketVerdict verdict, in PacketMeta meta) => Step("policy chains", Words(verdict, meta), CostClass.Linear);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private protected void TellRoute(RouteTarget next) => Step("route", $"{next.Kind} by interface {next.Interface}", CostClass.Lookup);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private protected void TellPacked(int headerBytes) => Step("tunnel", $"packed, {headerBytes} bytes of headers", CostClass.Constant);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private protected void TellUnpacked(Overlay.DecapStatus status) => Step("tunnel", status == Overlay.DecapStatus.Ok ? "unpacked" : $"refused: {status}", CostClass.Constant);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private protected void TellAnswer(int bytes, DropReason reason) => Step("answer", $"{bytes} bytes, because of {reason}", CostClass.Constant);

    private static string Words(in PacketVerdict verdict, in PacketMeta meta)
    {
        string nat = verdict.Destination.Kind != NatKind.None ? ", destination translated" : verdict.Source.Kind != NatKind.None ? ", source translated" : "";
        return $"{verdict.Kind}{nat}, state {meta.State}";
    }
}
