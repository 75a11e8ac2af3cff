import Identity
import Kernel
import Ledgers
import Rules
import Storage
import Workflows

/// B5.5.5 申请审核: an application for an interface is looked at by the city; of a sensitive interface the security administrator decides as well (B5.1.6).
package enum DataServiceApproval {
    /// The scene of 审核流程配置.
    package static let scene = "dataService"
    /// All that a level may be given; the first is taken where nothing was chosen.
    package static let workflows = [workflow, brief, strict]

    package static let workflow = flow(
        "dataServiceApproval", "数据接口申请", "Data service application", numbers: "SJ",
        steps: [review(branches: [WorkflowBranch(when: Condition("level", .equals, "敏感"), to: "security")], to: "grant"), security(to: "grant")])

    /// Whoever answers for the business alone decides.
    package static let brief = flow(
        "dataServiceApprovalBrief", "数据接口申请（简易）", "Data service application, brief", numbers: "SJJ", steps: [review(branches: [], to: "grant")])

    /// Business, security and audit one after another, whatever the level.
    package static let strict = flow(
        "dataServiceApprovalStrict", "数据接口申请（从严）", "Data service application, strict", numbers: "SJY",
        steps: [
            review(branches: [], to: "security"), security(to: "audit"),
            .task(
                "audit", "审计确认", by: [.role(.auditAdmin)], within: .workingDays(2),
                [.on("approve", "同意", to: "grant"), .on("refuse", "不同意", to: "refused", opinion: true, effects: ["dataService.refuse"])]),
        ])

    private static func flow(_ name: String, _ title: String, _ titleEN: String, numbers: String, steps: [WorkflowStep]) -> WorkflowDeclaration {
        WorkflowDeclaration(
            id: "B5.5.5", name: name, title: title, titleEN: titleEN, group: "数据服务", numbers: numbers, needsSubject: true,
            form: [
                .text("service", "接口", length: 1...120, marks: [.required]), .text("application", "应用", length: 1...120, marks: [.required]),
                .text("level", "安全等级", length: 1...16, marks: [.required]), .note("purpose", "用途", length: 4...500, marks: [.required]),
                .integer("dailyLimit", "每日次数", 1...1_000_000, unit: "次", marks: [.required]),
            ],
            titleField: "service", within: .workingDays(5), onCancel: ["dataService.refuse"],
            steps: steps + [.automatic("grant", "授权", effects: ["dataService.approve"], to: "granted"), .end("granted", "已授权"), .end("refused", "未通过")])
    }

    private static func review(branches: [WorkflowBranch], to next: String) -> WorkflowStep {
        .task(
            "review", "业务审核", by: [.role(.city)], form: [.integer("months", "有效期", 1...60, unit: "个月").fallback("12")], within: .workingDays(2),
            [
                WorkflowTransition("approve", "同意", to: [next], branches: branches),
                .on("refuse", "不同意", to: "refused", opinion: true, form: false, effects: ["dataService.refuse"]),
            ])
    }

    private static func security(to next: String) -> WorkflowStep {
        .task(
            "security", "安全审核", by: [.role(.securityAdmin)], within: .workingDays(2),
            [.on("approve", "同意", to: next), .on("refuse", "不同意", to: "refused", opinion: true, effects: ["dataService.refuse"])])
    }

    static func start(
        _ grant: Int64, _ service: DataService, _ application: DataApplication, by flow: String?, purpose: String, dailyLimit: Int, on workflows: WorkflowEngine,
        by principal: Principal,
        in tx: any Transaction
    ) throws -> WorkflowCase {
        let draft = CaseDraft(
            flow ?? (service.level == .core ? strict : workflow).name,
            values: [
                "service": .string("\(service.title)（\(service.name)）"), "application": .string("\(application.name)（\(application.key)）"), "level": .string(service.level.title),
                "purpose": .string(purpose), "dailyLimit": .int(Int64(dailyLimit)),
            ], title: "\(application.name)申请“\(service.title)”", org: application.org, subject: WorkflowSubject("dataGrant", grant))
        return try workflows.start(draft, by: principal, isAdmitted: true, in: tx)
    }

    /// What the approval does, in the transaction of the last step.
    package static func register(_ engine: DataServiceEngine, on workflows: WorkflowEngine) {
        workflows.onEffect("dataService.approve") { [weak engine] item, principal, tx in
            try engine?.decide(item.id, .approved, months: item.data["months"]?.int.map { Int($0) } ?? 12, by: principal, in: tx)
        }
        workflows.onEffect("dataService.refuse") { [weak engine] item, principal, tx in try engine?.decide(item.id, .refused, months: nil, by: principal, in: tx) }
    }
}
