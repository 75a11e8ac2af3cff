import DataServices
import Features
import Identity
import Kernel
import Ledgers
import Messages
import MobileSources
import Storage
import Workflows

/// What an office has lying about in the demonstration: two interfaces with an application that may call one of them, and notices that ask for a signature.
struct DemoOffice: Sendable {
    let platform: Platform

    func install() async throws {
        guard let writer = try await writer() else { return }
        try await services(writer)
        try await notices(writer)
    }

    /// The city's officer, as the pages know them.
    private func writer() async throws -> Principal? {
        let row = try await platform.database.read { reader in
            try reader.first("SELECT u.id, u.name, u.organisation, o.name AS org_name, o.area FROM users u JOIN organisations o ON o.id = u.organisation WHERE u.login = 'city'")
        }
        guard let row, let id = row.int("id"), let area = row.text("area") else { return nil }
        return Principal(
            kind: .user, id: id, login: "city", name: row.text("name") ?? "", organisation: row.int("organisation"), organisationName: row.text("org_name") ?? "", area: area,
            roles: [BuiltInRole.city.rawValue], permissions: ["*"], scope: .areas([area]))
    }

    private func services(_ writer: Principal) async throws {
        let (engine, workflows) = (platform.dataServices, platform.workflows)
        var vehicles = DataService(
            name: "registered-vehicles", title: "备案车辆查询（演示）", category: "车辆", details: "按号牌查询备案车辆的排放阶段与燃料种类，供市级平台对接（演示）", level: .inner,
            ledger: RegisteredVehicle.ledger.name)
        vehicles.parameters = [.init(name: "plate", field: "plateNo", comparison: .eq, isRequired: true, fallback: nil)]
        vehicles.outputs =
            ["plateNo", "plateColor", "fuel", "emissionStage", "registeredOn"].map { DataService.Output(field: $0, mask: .none) } + [
                DataService.Output(field: "vin", mask: .partial)
            ]
        var enterprises = DataService(
            name: "enterprises", title: "联网企业名录（演示）", category: "企业", details: "联网企业的名称、行业与绩效分级（演示）", level: .sensitive, ledger: Enterprise.ledger.name)
        enterprises.parameters = [.init(name: "name", field: "name", comparison: .contains, isRequired: false, fallback: nil)]
        enterprises.outputs = ["name", "industry"].map { DataService.Output(field: $0, mask: .none) }
        enterprises.maximumRows = 50
        let wanted = [vehicles, enterprises]
        try await platform.database.write { tx in
            let (application, _) = try engine.register(name: "市生态环境监测平台（演示）", contact: "演示联系人 0311-00000000", addresses: "", by: writer, in: tx)
            for (index, draft) in wanted.enumerated() {
                let id = try engine.keep(draft, by: writer, in: tx)
                try engine.set(.online, of: id, by: writer, in: tx)
                let asked = try engine.apply(try engine.service(id, in: tx), for: application, purpose: "与监测平台比对数据（演示）", dailyLimit: 5000, by: writer, in: tx)
                guard index == 0, let step = try tx.value("SELECT id FROM workflow_steps WHERE case_id = \(asked.caseId) AND state = 'open'")?.int else { continue }
                try workflows.move(CaseMove(step: step, "approve", values: ["months": 12]), by: .system("市级监管（演示）"), in: tx)
            }
        }
    }

    private func notices(_ writer: Principal) async throws {
        let messages = platform.messages
        let drafts = [
            NoticeDraft(
                title: "关于做好重污染天气橙色预警响应的通知（演示）", text: "各县（区）、各企业：\n请按“一企一策”落实车辆管控措施，并于收到后签收。\n（演示数据）", grade: .notice, isPinned: true, needsSignature: true,
                signBy: platform.clock.today.adding(days: 2)),
            NoticeDraft(title: "门禁系统例行维护公告（演示）", text: "本周日 0:00 至 2:00 平台例行维护，门禁数据自动补传。\n（演示数据）"),
        ]
        try await platform.database.write { tx in for draft in drafts { _ = try messages.publish(draft, by: writer, in: tx) } }
    }
}
