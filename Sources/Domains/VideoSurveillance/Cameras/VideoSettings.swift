import Identity
import Kernel
import Storage
import Video

/// Where cameras may be, and how much is done at once; nothing is admitted until somebody says so.
struct VideoSettings: Sendable, Equatable {
    var networks: [NetworkRange] = []
    var streams = 32
    var transcodes = 2
    var viewers = 200

    init() {}

    init(_ reader: any Reader) throws {
        let rows = try reader.rows("SELECT name, value FROM video_settings")
        let values = Dictionary(rows.map { ($0.text("name") ?? "", $0.text("value") ?? "") }, uniquingKeysWith: { first, _ in first })
        networks = (values["networks"] ?? "").split(separator: "\n").compactMap { NetworkRange(String($0)) }
        streams = values["streams"].flatMap { Int($0) } ?? streams
        transcodes = values["transcodes"].flatMap { Int($0) } ?? transcodes
        viewers = values["viewers"].flatMap { Int($0) } ?? viewers
    }

    func save(in tx: any Transaction) throws {
        let values = [("networks", networks.map(\.text).joined(separator: "\n")), ("streams", String(streams)), ("transcodes", String(transcodes)), ("viewers", String(viewers))]
        for (name, value) in values { try Self.set(name, value, in: tx) }
    }

    static func set(_ name: String, _ value: String, in tx: any Transaction) throws {
        try tx.execute("INSERT INTO video_settings (name, value) VALUES (\(name), \(value)) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
    }

    /// Only networks that were named, and never those that no camera is in (link-local, multicast).
    func admits(_ address: String) -> Bool { OutboundRule(allowed: networks).admits(address, isPlain: true) }

    var limits: VideoLimits {
        var limits = VideoLimits()
        limits.streams = streams
        limits.transcodes = transcodes
        limits.viewers = viewers
        return limits
    }
}
