using DatapathKernels.Tests.Generators;
using DatapathKernels.Tests.Infrastructure;
using FsCheck.Fluent;
using Xunit;

namespace DatapathKernels.Tests.Formats.Kubernetes.Policy;

/// <summary>Random clusters and policies: the oracle, the chains by every matcher and the identities decide alike.</summary>
public class PolicyAgreementTests
{
    [Fact]
    public void All_forms_agree_with_every_pod_on_one_node() =>
        Property.Check(Gen.Choose(0, int.MaxValue), seed => Run(seed), count: 40);

    [Fact]
    public void All_forms_agree_with_a_node_for_each_end() =>
        Property.Check(Gen.Choose(0, int.MaxValue), seed => Run(seed, "n1", "n2"), count: 20);

    [Fact]
    public void Random_packets_are_allowed_and_dropped_about_as_often()
    {
        (int allowed, int dropped) = (0, 0);
        for (int seed = 0; seed < 10; seed++)
        {
            (int more, int fewer) = Run(seed);
            (allowed, dropped) = (allowed + more, dropped + fewer);
        }

        Assert.InRange(dropped, allowed / 4, allowed * 4);
    }

    private static (int Allowed, int Dropped) Run(int seed, params string?[] nodes)
    {
        Random random = new(seed);
        PolicyClusters clusters = new(random);
        using PolicyForms forms = new(clusters.Manifests(), nodes);
        int allowed = 0;
        const int flows = 200;
        for (int i = 0; i < flows; i++)
            allowed += forms.Check(clusters.Flow()) ? 1 : 0;
        return (allowed, flows - allowed);
    }
}
