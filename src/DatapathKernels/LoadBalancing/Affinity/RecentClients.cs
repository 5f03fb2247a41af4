namespace DatapathKernels.LoadBalancing;

/// <summary>The clients of every endpoint, least recently seen first: doubly linked lists over one pool of places.</summary>
internal sealed class RecentClients<TAddress>
    where TAddress : unmanaged
{
    private const int None = -1;

    private readonly Client[] _clients;
    private readonly (int Oldest, int Newest, int Count)[] _lists;
    private int _free;

    private struct Client
    {
        public AffinityKey<TAddress> Key;
        public long SeenMs;
        public int Older, Newer;
    }

    public RecentClients(int lists, int clients)
    {
        _clients = new Client[clients];
        for (int i = 0; i < clients; i++)
            _clients[i].Newer = i + 1 < clients ? i + 1 : None;
        _lists = new (int, int, int)[lists];
        Array.Fill(_lists, (None, None, 0));
    }

    public bool IsFull => _free == None;

    /// <summary>The place of a list's least recently seen client; -1 when it is empty.</summary>
    public int OldestOf(int list) => _lists[list].Oldest;

    public int CountOf(int list) => _lists[list].Count;

    public long SeenMs(int place) => _clients[place].SeenMs;

    public AffinityKey<TAddress> KeyOf(int place) => _clients[place].Key;

    /// <summary>Adds a client to the list its key names, as its latest. There must be room.</summary>
    public int Add(in AffinityKey<TAddress> key, long nowMs)
    {
        int place = _free;
        _free = _clients[place].Newer;
        _clients[place].Key = key;
        Append(place, nowMs);
        return place;
    }

    /// <summary>The client is its list's latest now.</summary>
    public void Renew(int place, long nowMs)
    {
        Unlink(place);
        Append(place, nowMs);
    }

    public void Remove(int place)
    {
        Unlink(place);
        _clients[place].Newer = _free;
        _free = place;
    }

    private void Append(int place, long nowMs)
    {
        ref Client client = ref _clients[place];
        ref (int Oldest, int Newest, int Count) list = ref _lists[client.Key.Subject];
        (client.SeenMs, client.Older, client.Newer) = (nowMs, list.Newest, None);
        (list.Newest == None ? ref list.Oldest : ref _clients[list.Newest].Newer) = place;
        list.Newest = place;
        list.Count++;
    }

    private void Unlink(int place)
    {
        ref Client client = ref _clients[place];
        ref (int Oldest, int Newest, int Count) list = ref _lists[client.Key.Subject];
        (client.Older == None ? ref list.Oldest : ref _clients[client.Older].Newer) = client.Newer;
        (client.Newer == None ? ref list.Newest : ref _clients[client.Newer].Older) = client.Older;
        list.Count--;
    }
}
