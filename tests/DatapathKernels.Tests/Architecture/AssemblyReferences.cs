using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace DatapathKernels.Tests.Architecture;

/// <summary>
/// Which namespaces the code of an assembly uses, read from its metadata: the types in the signatures of a type's fields and
/// methods, and every type, method and field named in the IL of its methods.
/// </summary>
internal sealed class AssemblyReferences : IDisposable
{
    private readonly PEReader _file;
    private readonly MetadataReader _metadata;

    public AssemblyReferences(string path)
    {
        _file = new PEReader(File.OpenRead(path));
        _metadata = _file.GetMetadataReader();
    }

    public void Dispose() => _file.Dispose();

    /// <summary>The names of the assemblies it references.</summary>
    public IEnumerable<string> Assemblies => _metadata.AssemblyReferences.Select(r => _metadata.GetString(_metadata.GetAssemblyReference(r).Name));

    /// <summary>Pairs: full name of a type that uses, full name of the type used.</summary>
    public IEnumerable<(string User, string Used)> Uses()
    {
        foreach (TypeDefinitionHandle handle in _metadata.TypeDefinitions)
        {
            string user = NameOf(handle);
            HashSet<string> used = [];
            TypeDefinition type = _metadata.GetTypeDefinition(handle);
            foreach (FieldDefinitionHandle field in type.GetFields())
                AddSignature(_metadata.GetFieldDefinition(field).Signature, used);
            foreach (MethodDefinitionHandle method in type.GetMethods())
                AddMethod(_metadata.GetMethodDefinition(method), used);
            foreach (string name in used)
                yield return (user, name);
        }
    }

    private void AddMethod(MethodDefinition method, HashSet<string> used)
    {
        AddSignature(method.Signature, used);
        if (method.RelativeVirtualAddress == 0)
            return;
        MethodBodyBlock body = _file.GetMethodBody(method.RelativeVirtualAddress);
        if (!body.LocalSignature.IsNil)
            AddSignature(_metadata.GetStandaloneSignature(body.LocalSignature).Signature, used);
        foreach (EntityHandle token in InstructionTokens.In(body.GetILReader()))
            AddEntity(token, used);
    }

    private void AddEntity(EntityHandle handle, HashSet<string> used)
    {
        switch (handle.Kind)
        {
            case HandleKind.TypeReference or HandleKind.TypeDefinition:
                used.Add(NameOf(handle));
                break;
            case HandleKind.TypeSpecification:
                AddType(_metadata.GetTypeSpecification((TypeSpecificationHandle)handle).Signature, used);
                break;
            case HandleKind.MemberReference:
                MemberReference member = _metadata.GetMemberReference((MemberReferenceHandle)handle);
                AddEntity(member.Parent, used);
                AddSignature(member.Signature, used);
                break;
            case HandleKind.MethodSpecification:
                MethodSpecification method = _metadata.GetMethodSpecification((MethodSpecificationHandle)handle);
                AddEntity(method.Method, used);
                AddSignature(method.Signature, used);
                break;
            case HandleKind.MethodDefinition:
                used.Add(NameOf(_metadata.GetMethodDefinition((MethodDefinitionHandle)handle).GetDeclaringType()));
                break;
            case HandleKind.FieldDefinition:
                used.Add(NameOf(_metadata.GetFieldDefinition((FieldDefinitionHandle)handle).GetDeclaringType()));
                break;
        }
    }

    private void AddType(BlobHandle type, HashSet<string> used)
    {
        BlobReader reader = _metadata.GetBlobReader(type);
        new SignatureDecoder<bool, object?>(new SignatureNames(this, used), _metadata, null).DecodeType(ref reader);
    }

    private void AddSignature(BlobHandle signature, HashSet<string> used)
    {
        SignatureDecoder<bool, object?> decoder = new(new SignatureNames(this, used), _metadata, null);
        BlobReader reader = _metadata.GetBlobReader(signature);
        SignatureKind kind = reader.ReadSignatureHeader().Kind;
        reader.Reset();
        switch (kind)
        {
            case SignatureKind.Field:
                decoder.DecodeFieldSignature(ref reader);
                break;
            case SignatureKind.LocalVariables:
                decoder.DecodeLocalSignature(ref reader);
                break;
            case SignatureKind.MethodSpecification:
                decoder.DecodeMethodSpecificationSignature(ref reader);
                break;
            default:
                decoder.DecodeMethodSignature(ref reader);
                break;
        }
    }

    internal string NameOf(EntityHandle handle)
    {
        if (handle.Kind == HandleKind.TypeDefinition)
        {
            TypeDefinition type = _metadata.GetTypeDefinition((TypeDefinitionHandle)handle);
            TypeDefinitionHandle outer = type.GetDeclaringType();
            return outer.IsNil ? $"{_metadata.GetString(type.Namespace)}.{_metadata.GetString(type.Name)}" : NameOf(outer);
        }

        TypeReference reference = _metadata.GetTypeReference((TypeReferenceHandle)handle);
        return reference.ResolutionScope.Kind == HandleKind.TypeReference
            ? NameOf(reference.ResolutionScope)
            : $"{_metadata.GetString(reference.Namespace)}.{_metadata.GetString(reference.Name)}";
    }
}
