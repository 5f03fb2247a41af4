using DatapathKernels.LoadBalancing;
using DatapathKernels.Simd;
using Xunit;

namespace DatapathKernels.Tests.LoadBalancing;

public abstract class LeastKeysTests<TIsa>
    where TIsa : struct, IIsa
{
    [Fact]
    public void Finds_the_first_least_key_through_every_change()
    {
        Random random = new(11);
        LeastKeys keys = new();
        List<double> model = [];
        double[] values = [double.NegativeInfinity, -7, 0, 0.1, 1.0 / 3, 2, 1e9, LeastKeys.Never];
        for (int step = 0; step < 4000; step++)
        {
            double key = values[random.Next(values.Length)];
            int choice = random.Next(10);
            if (model.Count == 0 || choice < 4)
            {
                keys.Insert(key);
                model.Insert(0, key);
            }
            else if (choice < 6 && model.Count > 600)
            {
                int at = random.Next(model.Count);
                keys.RemoveAt(at);
                model.RemoveAt(at);
            }
            else
            {
                int at = random.Next(model.Count);
                keys.Set(at, key);
                model[at] = key;
            }

            double least = model.Min();
            Assert.Equal(least == LeastKeys.Never ? -1 : model.IndexOf(least), keys.First<TIsa>());
        }
    }

    [Fact]
    public void Nothing_to_choose_is_minus_one()
    {
        LeastKeys keys = new();
        Assert.Equal(-1, keys.First<TIsa>());
        keys.Insert(LeastKeys.Never);
        Assert.Equal(-1, keys.First<TIsa>());
        keys.Insert(3);
        Assert.Equal(0, keys.First<TIsa>());
        keys.RemoveAt(0);
        Assert.Equal(-1, keys.First<TIsa>());
    }
}

public class LeastKeysScalarTests : LeastKeysTests<ScalarIsa>;

public class LeastKeys128Tests : LeastKeysTests<Isa128>;

public class LeastKeys256Tests : LeastKeysTests<Isa256>;

public class LeastKeys512Tests : LeastKeysTests<Isa512>;
