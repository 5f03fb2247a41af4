namespace DatapathKernels.Formats.Nft;

/// <summary>What a token is.</summary>
internal enum NftTokenKind : byte
{
    /// <summary>A word: everything between blanks that is nothing else.</summary>
    Word,

    /// <summary>A text in quotes, without them.</summary>
    Quoted,

    /// <summary>A brace or a comma.</summary>
    Mark,

    /// <summary>The end of a line, or a semicolon.</summary>
    Break,

    /// <summary>The end of the text.</summary>
    End,
}
