import Features
import Identity
import Kernel
import Ledgers
import Storage
import Workflows

/// D17.14.5 离岗清单: fills itself from what the platform knows of a person, and does not close before all of it was taken back.
package enum Offboarding {
    package static let workflow = WorkflowDeclaration(
        id: "D17.14.5", name: "offboarding", title: "离岗清单", titleEN: "Off-boarding", group: SecurityMenu.group, numbers: "LG", startedBy: [.role(.securityAdmin), .role(.admin)],
        form: [
            .text("login", "离岗人员账号", length: 2...60, marks: [.required]).hint("平台登录名"), .day("leavesOn", "离岗日期", marks: [.required]),
            .text("reason", "原因", length: 2...200, marks: [.required]),
        ], titleField: "login", within: .workingDays(5), steps: [collect, withdraw, items, promise, .end("done", "已离岗")])

    private static let gather = "offboarding.gather"
    private static let prove = "offboarding.prove"

    private static let collect = WorkflowStep(
        "collect", "清点权限与凭据", kind: .automatic,
        form: [.text("person", "离岗人员", length: 1...80), .note("held", "平台内尚未收回", length: 0...8000)], isPublic: false, effects: [gather],
        transitions: [WorkflowTransition("next", "继续", to: ["withdraw"])])

    private static let withdraw: WorkflowStep = .task(
        "withdraw", "终止权限", by: [.role(.admin)], form: [.note("withdrawn", "办理情况", length: 2...1000, marks: [.required]).hint("停用账号、终止会话、撤销角色与临时授权、吊销证书、撤销终端")],
        within: .workingDays(1), [.on("withdrawn", "已全部终止", to: "items", effects: [prove])])

    private static let items: WorkflowStep = .task(
        "items", "回收物品与手续", by: [.role(.securityAdmin)],
        form: [
            .bool("cards", "证件已收回"), .bool("keys", "钥匙与智能密码钥匙已收回"), .bool("devices", "设备已收回"), .bool("papers", "资料已移交"), .note("remark", "说明", length: 0...500),
        ], within: .workingDays(3), [.on("returned", "已收回", to: "promise"), .on("back", "退回", to: "withdraw", opinion: true, form: false)])

    private static let promise: WorkflowStep = .task(
        "promise", "保密承诺", by: [.role(.securityAdmin)], form: [.bool("isPromised", "已签离岗保密承诺", marks: [.required]), .files("agreement", "承诺书")], within: .workingDays(2),
        [.on("close", "离岗办结", to: "done", effects: [prove])])

    static func register(on platform: Platform) {
        let (workflows, identity) = (platform.workflows, platform.identity)
        workflows.onEffect(gather) { item, _, tx in
            let login = item.data["login"]?.string ?? ""
            guard let user = try identity.users.find(login: login, tx) else {
                throw Failure.invalid([FieldFinding("login", "unknown", "没有这个账号", title: "离岗人员账号")])
            }
            item.data["user"] = .int(user.id)
            item.data["person"] = .string("\(user.name)（\(user.login)），\(user.organisationName)")
            try list(identity, user.id, platform.clock.now, &item, tx)
        }
        workflows.onEffect(prove) { item, _, tx in
            guard let user = item.data["user"]?.int else { return }
            let left = try list(identity, user, platform.clock.now, &item, tx)
            guard left.isEmpty else { throw Failure(.conflict, "JW-SE10", "尚有未收回的权限与凭据，不能继续：" + text(left).split(separator: "\n").joined(separator: "；")) }
            if let promised = item.data["isPromised"], promised.int != 1 { throw Failure.invalid([FieldFinding("isPromised", "required", "离岗前须签保密承诺", title: "已签离岗保密承诺")]) }
        }
        // 离职交接 begins the list by itself, unless one runs.
        identity.handOvers.add(
            HandOver("离岗清单") { from, _, tx in
                guard let login = try tx.value("SELECT login FROM users WHERE id = \(from)")?.text else { return 0 }
                let running = try tx.value("SELECT id FROM workflow_cases WHERE workflow = \(workflow.name) AND title = \(login) AND state = 'running'")
                guard running == nil else { return 0 }
                let values: [String: JSONValue] = ["login": .string(login), "leavesOn": .string(platform.clock.today.text), "reason": "离职交接"]
                _ = try workflows.start(CaseDraft(workflow.name, values: values), by: .system("离职交接"), isAdmitted: true, in: tx)
                return 1
            })
    }

    @discardableResult
    private static func list(_ identity: IdentityEngine, _ user: Int64, _ now: Moment, _ item: inout WorkflowCase, _ tx: any Transaction) throws -> [Holding] {
        let held = try identity.holdings(of: user, at: now, tx)
        item.data["held"] = .string(held.isEmpty ? "无，已全部收回" : text(held))
        return held
    }

    private static func text(_ held: [Holding]) -> String { held.map { "\($0.title) \($0.items.count) 项：\($0.items.joined(separator: "、"))" }.joined(separator: "\n") }
}
