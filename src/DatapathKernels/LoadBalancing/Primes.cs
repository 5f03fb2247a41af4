namespace DatapathKernels.LoadBalancing;

/// <summary>Primality by trial division: table sizes are small.</summary>
internal static class Primes
{
    public static bool IsPrime(int number)
    {
        if (number < 2 || (number % 2 == 0 && number != 2))
            return false;
        for (int divisor = 3; (long)divisor * divisor <= number; divisor += 2)
        {
            if (number % divisor == 0)
                return false;
        }

        return true;
    }
}
