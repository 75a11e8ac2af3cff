import Features
import Identity
import Kernel
import MobileSources
import Storage
import Workflows

/// A-19 in the demonstration: a few enterprises object to alarms that were found valid; some of their cases wait for the county, one for the city, one for the enterprise.
struct DemoCases: Sendable {
    let plan: DemoPlan
    let platform: Platform

    private struct Alarm: Sendable {
        var id: Int64
        var org: Int64
        var area: String
        var title: String
    }

    private static let reasons = [
        "车辆当日上午已在平台完成备案，门禁系统名单未及时更新，请予复核（演示）", "该车为应急保障车辆，持有民生保障运输证明，已随附（演示）", "号牌识别有误，实际车辆为我单位备案的国六车辆（演示）",
        "道闸检修期间由保安人工引导，未实际进厂，有视频可查（演示）", "车辆排放阶段登记有误，随车清单显示为国五（演示）", "手动抬杆系消防演练，事前已报备（演示）",
    ]

    func install() async throws {
        let alarms = try await platform.database.read { reader in
            try reader.rows("SELECT id, org, area, title FROM alarms WHERE state = 'confirmed' AND org IS NOT NULL ORDER BY id DESC LIMIT \(DemoCases.reasons.count)").map {
                Alarm(id: $0[0].int ?? 0, org: $0[1].int ?? 0, area: $0[2].text ?? "", title: $0[3].text ?? "")
            }
        }
        let workflows = platform.workflows
        for (index, alarm) in alarms.enumerated() {
            let county = plan.counties.first { $0.code == alarm.area }?.short ?? "县区"
            let officer = Principal.system("\(county)值班员（演示）")
            try await platform.database.write { tx in
                let values: [String: JSONValue] = ["reason": .string(DemoCases.reasons[index]), "contact": "演示联系人", "phone": .string(DemoPeople.phone(500 + index))]
                let draft = CaseDraft(
                    Reconsideration.workflow.name, values: values, title: alarm.title, org: alarm.org, subject: WorkflowSubject("alarm", alarm.id), key: "demo-\(alarm.id)")
                let started = try workflows.start(draft, by: .system("企业管理员（演示）"), in: tx)
                func move(_ transition: String, opinion: String? = nil, _ values: [String: JSONValue] = [:]) throws {
                    let open = try tx.value("SELECT id FROM workflow_steps WHERE case_id = \(started.id) AND state = 'open' ORDER BY id DESC LIMIT 1")?.int
                    guard let open else { return }
                    try workflows.move(CaseMove(step: open, transition, opinion: opinion, values: values), by: officer, in: tx)
                }
                switch index {
                case 1: try move("accept")
                case 2:
                    try move("accept")
                    try move("raise", opinion: "涉及排放阶段认定，请市级复核（演示）", ["finding": "已调取车头、车身照片及当日备案记录（演示）"])
                case 3: try move("ask", opinion: "请补充道闸检修记录和当班视频（演示）")
                default: break
                }
            }
        }
    }
}
