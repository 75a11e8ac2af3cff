import Alarms
import Duty
import Features
import Identity
import Kernel
import MobileSources
import Storage

/// What the operations room of the demonstration did: alarms of park systems, a window of suppression, a watch with roster and hand-over, dates that are watched. All marked 演示.
struct DemoOperations: Sendable {
    let plan: DemoPlan
    let platform: Platform

    private static let signals: [(kind: String, title: String, place: String, subject: String, traits: Set<String>)] = [
        ("gasLimit", "3号罐区可燃气体浓度高高报（演示）", "3号罐区", "GT-301", ["highHigh", "majorHazard"]), ("videoSign", "装卸区识别到烟雾（演示）", "装卸区", "CAM-12", ["smoke"]),
        ("processLimit", "1号反应釜温度高报（演示）", "1号装置", "TI-1102", ["high", "hazardousProcess"]), ("processLimit", "循环水压力低报（演示）", "公用工程", "PI-2201", ["low", "ordinaryProcess"]),
        ("deviceFault", "气体探测器离线（演示）", "2号装置", "GT-210", []), ("videoSign", "人员未戴安全帽（演示）", "检修现场", "CAM-07", []),
        ("operationNotice", "2号装置仪表测试（演示）", "2号装置", "TEST-02", ["testing"]),
    ]

    func install() async throws {
        let now = platform.clock.now
        let found = try await platform.database.read { reader in
            (
                try reader.rows("SELECT id, name, area FROM organisations WHERE kind = 'enterprise' ORDER BY id LIMIT \(Self.signals.count)"),
                try reader.rows("SELECT id, name FROM users WHERE login IN (\(list: ["city"] + DemoPeople.countyLogins)) AND state = 'active' ORDER BY id")
            )
        }
        let sites = found.0.map { (id: $0.int("id") ?? 0, name: $0.text("name") ?? "", area: $0.text("area") ?? "") }
        let people = found.1.map { (id: $0.int("id") ?? 0, name: $0.text("name") ?? "") }
        guard !sites.isEmpty, people.count > 4 else { return }
        try await watch(people.map(\.id), now)
        let alarms = platform.alarms
        try await platform.database.write { tx in
            let window = Suppression(
                title: "2号装置停车检修（演示）", reason: .repair, org: sites[1].id, orgName: sites[1].name, area: sites[1].area, kinds: ["processLimit", "deviceFault"],
                from: now.adding(seconds: -3600), until: now.adding(seconds: 7 * 3600), text: "检修期间仪表断电，另有专人现场监护（演示）")
            let id = try alarms.ask(window, by: .system("企业安全员（演示）"), in: tx)
            try alarms.decide(id, .approved, opinion: "同意，检修完成后及时恢复（演示）", by: .system("县区值班员（演示）"), in: tx)
            for (index, entry) in Self.signals.enumerated() {
                let site = sites[index % sites.count]
                let signal = AlarmSignal(
                    kind: entry.kind, org: site.id, orgName: site.name, area: site.area, place: entry.place, subject: entry.subject, occurredAt: now, title: entry.title,
                    facts: ["tag": .string(entry.subject), "place": .string(entry.place)], reasons: [AlarmReason("reported", entry.title)], traits: entry.traits)
                try alarms.raise(signal, by: .system("监测系统（演示）"), in: tx)
                var held = signal
                held.org = sites[1].id
                held.orgName = sites[1].name
                held.area = sites[1].area
                if entry.kind == "processLimit" { for _ in 0..<3 { try alarms.raise(held, by: .system("监测系统（演示）"), in: tx) } }
            }
        }
    }

    private func watch(_ people: [Int64], _ now: Moment) async throws {
        let duty = platform.duty, officer = Principal.system("值班主任（演示）")
        try await platform.database.write { tx in
            let shifts = try duty.shifts(in: tx).filter { $0.minutes == 480 }.prefix(3).map(\.id)
            var group = DutyGroup(title: "平台值班室（演示）", leader: "值班主任（演示）", phone: DemoPeople.phone(900), org: nil, area: "1301", shifts: Array(shifts))
            group.members = people.prefix(8).enumerated().map { DutyGroup.Member(user: $0.element, name: "", team: $0.offset % 4 + 1, isLeader: $0.offset < 4) }
            let id = try duty.keep(group, by: officer, in: tx)
            let today = now.day
            try duty.generate(id, .fourTeams, from: today.adding(days: -21), to: today.adding(days: 40), withPast: true, by: officer, in: tx)
            try duty.write("接班后检查大屏、电话、对讲，均正常（演示）", to: id, by: officer, in: tx)
            try duty.give(
                id, inspection: "各功能模块、企业端、手机端、报警推送均正常（演示）", focus: "2号装置检修期间免报，注意 3号罐区气体（演示）", checks: Set(Handover.checks.map(\.name)), by: officer, in: tx)
        }
    }
}
