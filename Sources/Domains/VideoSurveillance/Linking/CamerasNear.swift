import Alarms
import Identity
import Kernel
import Storage

/// Which cameras see the place of an alarm (D9.6.2, D7.3.8, D2.5.6): those that name its point first, then those of the same place, then the unit's others.
enum CamerasNear {
    static let most = 8

    static func find(_ alarm: Alarm, for principal: Principal, in reader: any Reader) throws -> [CameraEntry] {
        let owner: SQL
        if let org = alarm.org { owner = "c.org = \(org)" } else if let area = alarm.area { owner = "c.area = \(area)" } else { return [] }
        let scope = principal.scope.condition(org: "c.org", area: "c.area")
        let all = try reader.rows("\(CameraEntry.select) AND c.use_state = 'inUse' AND \(owner) AND \(scope) ORDER BY c.id LIMIT 500").map(CameraEntry.init)
        let covered = try CameraBook.covered(in: reader)
        return all.filter { !covered.contains($0.number) && !covered.contains($0.name) }.map {
            ($0, nearness($0, subject: alarm.subject, place: alarm.place, source: alarm.source))
        }
        .filter { $0.1 < 4 }.sorted { ($0.1, $0.0.id) < ($1.1, $1.0.id) }.prefix(most).map(\.0)
    }

    /// 0 the camera itself or the one that watches this point, 1 the same place, 2 the same plant, 3 the unit's gates and others, where an alarm says no place.
    static func nearness(_ camera: CameraEntry, subject: String, place: String, source: AlarmSource?) -> Int {
        if source?.kind == CameraStandings.source { return source?.id == camera.id ? 0 : 4 }
        if camera.points.contains(subject) || camera.number == subject { return 0 }
        let own = [camera.place, camera.zone, camera.plant].filter { $0.count >= 2 }
        if !place.isEmpty {
            if !camera.place.isEmpty, place.contains(camera.place) || camera.place.contains(place) { return 1 }
            if own.contains(where: { place.contains($0) }) { return 2 }
        }
        return camera.scene == "gate" ? 3 : place.isEmpty ? 3 : 4
    }
}
