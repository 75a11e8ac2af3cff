import Alarms
import Features
import Identity
import Kernel
import Rules
import Security
import Storage
import Watches

/// Rules of the demonstration's auditor: one counts, one combines. Marked 演示.
struct DemoAuditRules: Sendable {
    let platform: Platform

    private static let writer = Principal.system("审计管理员（演示）")

    func install() async throws {
        guard try await platform.database.read({ try $0.first("SELECT 1 FROM own_rule WHERE stream IN ('audit', 'log') LIMIT 1") }) == nil else { return }
        let desk = AuditRules.desk(on: platform)
        let guessing = try await desk.make(title: "同一地址反复登录失败（演示）", stream: "log", by: Self.writer)
        try await desk.change(guessing, by: Self.writer) { body, _ in
            body.rule = WatchRule(conditions: [Condition("field.result", .equals, .text("Failed"))], groupedBy: "sourceAddress", times: 20, windowHours: 1)
            body.grade = .heavier
        }
        try await desk.publish(guessing, note: "演示", by: Self.writer)
        let leaving = try await desk.make(title: "同一人员当日查看个人信息、导出并删除（演示）", stream: "audit", by: Self.writer)
        try await desk.change(leaving, by: Self.writer) { body, _ in
            body.rule = WatchRule(groupedBy: "actor", together: WatchRule.Together(fact: "action", values: ["reveal", "export", "delete"]))
            body.grade = .severe
        }
        try await desk.publish(leaving, note: "演示", by: Self.writer)
    }
}
