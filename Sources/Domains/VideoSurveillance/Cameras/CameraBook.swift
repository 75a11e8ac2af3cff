import Foundation
import Identity
import Kernel
import Storage
import Video

/// One camera as pages and streams need it.
struct CameraEntry: Sendable, Equatable {
    var id: Int64
    var org: Int64?
    var orgName: String
    var area: String?
    var number: String
    var name: String
    var kind: String
    var scene: String
    var use: String
    var plant: String
    var zone: String
    var place: String
    var address: String
    var subAddress: String
    var points: [String]
    var longitude: Double?
    var latitude: Double?
    var isWatched: Bool
    /// Nil while nobody has asked it.
    var isOnline: Bool?
    var since: Moment?
    var seenAt: Moment?
    var reason: VideoReason?
    var misses: Int
    var isRaised: Bool
    var isCovered = false

    static let select: SQL = """
        SELECT c.id, c.org, c.area, c.number, c.name, c.kind, c.scene, c.use_state, c.plant, c.zone, c.place, c.address, c.sub_address, c.points, c.position_lng, c.position_lat, c.watched, \
        o.name AS org_name, s.online, s.since, s.seen_at, s.reason, s.misses, s.raised FROM video_camera c LEFT JOIN organisations o ON o.id = c.org LEFT JOIN camera_states s ON s.camera = c.id \
        WHERE c.deleted_at IS NULL
        """

    init(_ row: Row) {
        id = row.int("id") ?? 0
        org = row.int("org")
        orgName = row.text("org_name") ?? ""
        area = row.text("area")
        number = row.text("number") ?? ""
        name = row.text("name") ?? ""
        kind = row.text("kind") ?? ""
        scene = row.text("scene") ?? ""
        use = row.text("use_state") ?? ""
        plant = row.text("plant") ?? ""
        zone = row.text("zone") ?? ""
        place = row.text("place") ?? ""
        address = row.text("address") ?? ""
        subAddress = row.text("sub_address") ?? ""
        points = (row.text("points") ?? "").split { "、,，; ；".contains($0) }.map(String.init)
        longitude = row.double("position_lng")
        latitude = row.double("position_lat")
        isWatched = row.int("watched") != 0
        isOnline = row.int("online").map { $0 != 0 }
        since = row.moment("since")
        seenAt = row.moment("seen_at")
        reason = row.text("reason").flatMap(VideoReason.init(rawValue:))
        misses = Int(row.int("misses") ?? 0)
        isRaised = row.int("raised") == 1
    }

    /// Plant, zone and place in one line.
    var location: String { [plant, zone, place].filter { !$0.isEmpty }.joined(separator: " · ") }

    /// A word for filters: online, offline, unknown, disused.
    var state: String {
        if use != "inUse" { return "disused" }
        guard let isOnline else { return "unknown" }
        return isOnline ? "online" : "offline"
    }

    static let states = [("online", "在线"), ("offline", "离线"), ("unknown", "未检测"), ("disused", "停用检修")]
}

/// Reads cameras within what somebody may see.
struct CameraBook: Sendable {
    /// All that a page may hold: a park of the catalogue has some 700.
    static let most = 2000

    static func all(for principal: Principal, in reader: any Reader) throws -> [CameraEntry] {
        let found = try reader.rows(
            "\(CameraEntry.select) AND \(principal.scope.condition(org: "c.org", area: "c.area")) ORDER BY c.org, c.plant, c.zone, c.name, c.id LIMIT \(most)"
        ).map(CameraEntry.init)
        return try marked(found, in: reader)
    }

    static func some(_ ids: [Int64], for principal: Principal, in reader: any Reader) throws -> [CameraEntry] {
        guard !ids.isEmpty else { return [] }
        let found = try reader.rows("\(CameraEntry.select) AND c.id IN (\(list: ids)) AND \(principal.scope.condition(org: "c.org", area: "c.area"))").map(CameraEntry.init)
        return try marked(found, in: reader)
    }

    /// - Throws: `.notFound` outside the scope.
    static func one(_ id: Int64, for principal: Principal, in reader: any Reader) throws -> CameraEntry {
        guard let found = try some([id], for: principal, in: reader).first else { throw Failure.notFound("摄像机") }
        return found
    }

    /// For streams, that run for nobody in particular.
    static func any(_ id: Int64, in reader: any Reader) throws -> CameraEntry? { try reader.first("\(CameraEntry.select) AND c.id = \(id)").map(CameraEntry.init) }

    /// Which of them somebody reported for private scenes that are not yet covered (D17.11.3); asked by the number or the name that stands in the report.
    private static func marked(_ cameras: [CameraEntry], in reader: any Reader) throws -> [CameraEntry] {
        let covered = try covered(in: reader)
        guard !covered.isEmpty else { return cameras }
        return cameras.map { camera in
            var camera = camera
            camera.isCovered = covered.contains(camera.number) || covered.contains(camera.name)
            return camera
        }
    }

    static func covered(in reader: any Reader) throws -> Set<String> {
        let rows = try reader.rows("SELECT data FROM workflow_cases WHERE workflow = 'videoPrivacy' AND ended_at IS NULL ORDER BY id DESC LIMIT 200")
        return Set(rows.compactMap { row in row.text("data").flatMap { try? JSONValue(parsing: $0) }?["camera"]?.string })
    }
}
