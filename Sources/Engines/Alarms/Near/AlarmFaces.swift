import Identity
import Kernel
import Storage
import Synchronization

/// What other modules add to alarms: kinds of receivers, and what they know of the neighbourhood of an alarm. Registered once, before anything is served.
package final class AlarmFaces: Sendable {
    private let held = Mutex<(receivers: [ReceiverFace], neighbours: [NeighbourFace], curves: [CurveFace], pictures: PictureFace?)>(([], [], [], nil))

    package func add(_ face: ReceiverFace) { held.withLock { $0.receivers.append(face) } }
    package func add(_ face: NeighbourFace) { held.withLock { $0.neighbours.append(face) } }

    package func add(_ face: CurveFace) { held.withLock { $0.curves.append(face) } }

    package func set(_ face: PictureFace) { held.withLock { $0.pictures = face } }

    var pictures: PictureFace? { held.withLock { $0.pictures } }
    var curves: [CurveFace] { held.withLock { $0.curves } }
    var receivers: [ReceiverFace] { held.withLock { $0.receivers } }
    var neighbours: [NeighbourFace] { held.withLock { $0.neighbours } }
}

/// What a module knows of what was near an alarm in place and time: passes, cases, permits, cameras.
package struct NeighbourFace: Sendable {
    package var name: String
    package var title: String
    /// Who may see it; nil whoever sees the alarm.
    package var permission: String?
    /// At most 20, nearest in time first; within the reader's scope.
    package var find: @Sendable (Neighbourhood, any Reader) throws -> [Neighbour]

    package init(_ name: String, _ title: String, permission: String? = nil, find: @escaping @Sendable (Neighbourhood, any Reader) throws -> [Neighbour]) {
        self.name = name
        self.title = title
        self.permission = permission
        self.find = find
    }
}

/// Live pictures of the place of an alarm, from a module above this one.
package struct PictureFace: Sendable {
    package struct Camera: Sendable {
        package var title: String
        package var note: String
        package var path: String
        /// Address of one picture as it is now.
        package var still: String
        package var isOnline: Bool?

        package init(title: String, note: String, path: String, still: String, isOnline: Bool?) {
            self.title = title
            self.note = note
            self.path = path
            self.still = still
            self.isOnline = isOnline
        }
    }

    /// Who may see them, besides the alarm itself.
    package var permission: String
    /// The page that shows all of them, of an alarm.
    package var path: @Sendable (Int64) -> String
    /// Within the reader's scope, the nearest first; few.
    package var find: @Sendable (Alarm, Principal, any Reader) throws -> [Camera]

    package init(permission: String, path: @escaping @Sendable (Int64) -> String, find: @escaping @Sendable (Alarm, Principal, any Reader) throws -> [Camera]) {
        self.permission = permission
        self.path = path
        self.find = find
    }
}

/// What is asked of a face.
package struct Neighbourhood: Sendable {
    package var alarm: Alarm
    package var from: Moment
    package var to: Moment
    package var principal: Principal
}

/// One thing that was near.
package struct Neighbour: Sendable, Equatable {
    package var at: Moment
    package var title: String
    package var note: String
    package var path: String?
    /// Raw value of a `Tone`.
    package var tone: String

    package init(at: Moment, title: String, note: String = "", path: String? = nil, tone: String = "neutral") {
        self.at = at
        self.title = title
        self.note = note
        self.path = path
        self.tone = tone
    }
}

extension AlarmEngine {
    /// What was near an alarm within so many seconds: other alarms of the same unit, place or vehicle first, then what the faces know. One group a face, empty ones included.
    package func neighbours(of id: Int64, within seconds: Int64, by principal: Principal, in reader: any Reader) throws -> [(title: String, items: [Neighbour])] {
        let alarm = try required(id, by: principal, in: reader)
        let hood = Neighbourhood(alarm: alarm, from: alarm.occurredAt.adding(seconds: -seconds), to: alarm.lastAt.adding(seconds: seconds), principal: principal)
        var groups = [(title: "其他报警", items: try alarmsNear(hood, in: reader))]
        for face in faces.neighbours where face.permission.map(principal.may) ?? true { groups.append((face.title, try face.find(hood, reader))) }
        return groups
    }

    private func alarmsNear(_ hood: Neighbourhood, in reader: any Reader) throws -> [Neighbour] {
        let alarm = hood.alarm
        var same: [SQL] = []
        if let org = alarm.org { same.append("org = \(org)") }
        if let plate = alarm.plate { same.append("plate = \(plate)") }
        if alarm.org == nil, let area = alarm.area { same.append("area = \(area)") }
        guard !same.isEmpty else { return [] }
        let near: SQL = "occurred_at >= \(hood.from) AND occurred_at <= \(hood.to) AND id <> \(alarm.id) AND \(hood.principal.scope.condition())"
        let rows = try reader.rows("SELECT \(Alarm.columns) FROM alarms WHERE \(near) AND (\(SQL.joined(same, by: " OR "))) ORDER BY occurred_at DESC LIMIT 200").map(Alarm.init)
        let distance = { (other: Alarm) in abs(other.occurredAt.milliseconds - alarm.occurredAt.milliseconds) }
        return rows.sorted { distance($0) < distance($1) }.prefix(20).map { other in
            let common = [
                other.plate != nil && other.plate == alarm.plate ? "同一车辆" : nil, !other.place.isEmpty && other.place == alarm.place ? "同一位置" : nil,
                other.org == alarm.org ? "同一单位" : nil,
            ]
            return Neighbour(
                at: other.occurredAt, title: other.title, note: (common.compactMap { $0 } + [title(ofKind: other.kind), other.state.title]).joined(separator: " · "),
                path: "/alarms/\(other.id)", tone: "orange")
        }
    }
}
