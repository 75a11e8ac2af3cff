import Alarms
import Features
import Identity
import Kernel
import Storage

/// What the counties' officers did with the month's alarms: most are decided, the latest wait.
struct DemoAlarmDesk: Sendable {
    let plan: DemoPlan
    let platform: Platform

    private struct Waiting: Sendable {
        var id: Int64
        var area: String
        var raisedAt: Moment
    }

    /// - Parameter travel: told the moment of each act before it is done.
    func handle(_ alarms: AlarmEngine, before now: Moment, at travel: @escaping @Sendable (Moment) -> Void) async throws {
        let limit = now.adding(seconds: -26 * 3600)
        let waiting = try await platform.database.read { reader in
            try reader.rows("SELECT id, area, raised_at FROM alarms WHERE state = 'new' AND raised_at < \(limit) ORDER BY id").map {
                Waiting(id: $0[0].int ?? 0, area: $0[1].text ?? "", raisedAt: Moment(milliseconds: $0[2].int ?? 0))
            }
        }
        let plan = plan
        for start in stride(from: 0, to: waiting.count, by: 100) {
            let part = Array(waiting[start..<min(start + 100, waiting.count)])
            try await platform.database.write { tx in
                for alarm in part {
                    var random = DemoRandom(plan.seed, stream: 31 &+ UInt64(alarm.id))
                    guard random.chance(0.94) else { continue }
                    let officer = DemoAlarmDesk.officer(of: alarm.area, plan)
                    let accepted = alarm.raisedAt.adding(seconds: Int64(random.int(180...7_000)))
                    travel(accepted)
                    try alarms.transition(alarm.id, .accept, opinion: nil, by: officer, in: tx)
                    guard random.chance(0.93) else { continue }
                    travel(accepted.adding(seconds: Int64(random.int(900...60_000))))
                    if random.chance(0.86) {
                        try alarms.transition(alarm.id, .confirm, opinion: random.pick(["经核实照片与视频，违规放行属实（演示）", "企业承认违规放行，已约谈（演示）", "车辆信息核对无误，认定成立（演示）"]), by: officer, in: tx)
                    } else {
                        try alarms.transition(alarm.id, .revoke, opinion: "号牌识别有误，予以撤销（演示）", by: officer, in: tx)
                    }
                }
            }
        }
    }

    private static func officer(of area: String, _ plan: DemoPlan) -> Principal {
        let position = plan.counties.firstIndex { $0.code == area } ?? 0
        let county = plan.counties[position]
        return Principal(
            kind: .user, id: 0, login: DemoPeople.countyLogins[position], name: "\(county.short)值班员（演示）", organisationName: "\(county.name)生态环境分局（演示）", area: county.code,
            permissions: ["*"],
            scope: .areas([county.code]))
    }
}
