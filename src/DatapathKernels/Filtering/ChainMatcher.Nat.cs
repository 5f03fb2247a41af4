namespace DatapathKernels.Filtering;

/// <content>Translation targets: which side, and into the verdict.</content>
public abstract partial class ChainMatcher
{
    private NatLatitude _latitude;

    private void Translate<TRandom>(in Translation translation, int chain, in PacketView view, in PacketMeta meta, ref TRandom random, ref PacketVerdict verdict)
        where TRandom : struct, IRandomSource
    {
        NatKind kind = translation.Binding.Kind;
        bool source = kind is NatKind.Snat or NatKind.Masquerade
            || (kind == NatKind.Netmap && _layout.Chains[chain]!.Hook is Hook.Input or Hook.PostRouting);
        _latitude = NatLatitude.Of(translation, source, _program.Family);
        ref NatBinding binding = ref source ? ref verdict.Source : ref verdict.Destination;
        TranslationChoice.Choose(translation, source, _program.Family, _interfaceAddresses, view, meta, ref random, out binding);
    }
}
