import Kernel
import Ledgers

/// A-08 进出厂运输车辆电子台账: one row is one visit, the entry with its exit; an exit without an entry is a row with a blank entry.
///
/// A view over the passes, so that it can never disagree with them. Source: standards/hj1321-gate.md §3.
package enum InOutVehicle {
    package static let ledger = LedgerDeclaration(
        id: "A-08-1",
        name: "inOutVehicle",
        title: "进出厂运输车辆台账",
        titleEN: "In-out vehicle ledger",
        group: "车辆与机械台账",
        ownedBy: .enterprise,
        titleField: "plateNo",
        sortedBy: [LedgerDeclaration.Sort("visitAt", descending: true)],
        isReadOnly: true,
        isLarge: true,
        timeField: "visitAt",
        view: """
            SELECT p.id, p.org, p.area, 1 AS version, p.created_at, p.created_by, p.updated_at, p.updated_by, p.deleted_at,
                p.passed_at AS visit_at, p.plate_no, p.plate_color, p.vehicle_type, p.emission_stage, p.fuel, p.vin, p.registered_on, p.model, p.networked, p.use_nature, p.owner,
                CASE WHEN p.direction = '1' THEN p.passed_at END AS entered_at, CASE WHEN p.direction = '1' THEN p.gate_no END AS entry_gate,
                CASE WHEN p.direction = '1' THEN p.barrier_no END AS entry_barrier, CASE WHEN p.direction = '1' THEN p.cargo_name END AS entry_cargo,
                CASE WHEN p.direction = '1' THEN p.cargo_tonnes END AS entry_tonnes, CASE WHEN p.direction = '1' THEN p.head_photo END AS entry_photo,
                CASE WHEN p.direction = '1' THEN e.passed_at ELSE p.passed_at END AS exited_at, CASE WHEN p.direction = '1' THEN e.gate_no ELSE p.gate_no END AS exit_gate,
                CASE WHEN p.direction = '1' THEN e.barrier_no ELSE p.barrier_no END AS exit_barrier, CASE WHEN p.direction = '1' THEN e.cargo_name ELSE p.cargo_name END AS exit_cargo,
                CASE WHEN p.direction = '1' THEN e.cargo_tonnes ELSE p.cargo_tonnes END AS exit_tonnes, CASE WHEN p.direction = '1' THEN e.head_photo ELSE p.head_photo END AS exit_photo,
                COALESCE(p.document_photo, e.document_photo) AS document_photo,
                CASE WHEN p.direction = '2' THEN 'unmatchedExit' WHEN e.id IS NULL THEN 'inside' ELSE 'complete' END AS visit_state
            FROM gate_pass p LEFT JOIN gate_pass e ON e.id = p.pair_id
            WHERE p.direction = '1' OR p.pair_id IS NULL
            """,
        fields: fields
    )

    private static let fields: [Field] = [
        .moment("visitAt", "进出时间", marks: [.filterable, .sortable, .unlisted]),
        .text("plateNo", "号牌号码", length: 1...16, marks: [.searchable, .filterable]).section("车辆"),
        .code("plateColor", "号牌颜色", from: .plateColor, marks: [.filterable]).section("车辆"),
        .code("visitState", "状态", from: DictionaryName("visitState"), marks: [.filterable]),
        .code("vehicleType", "车辆类型", from: .vehicleType, marks: [.filterable, .unlisted]).section("车辆"),
        .code("emissionStage", "排放阶段", from: .emissionStage, marks: [.filterable, .groupable]).section("车辆"),
        .code("fuel", "燃料种类", from: .fuel, marks: [.filterable, .groupable]).section("车辆"),
        .text("vin", "车辆识别代号", length: 0...17, marks: [.unlisted]).section("车辆"),
        .day("registeredOn", "注册登记日期", marks: [.unlisted]).section("车辆"),
        .text("model", "车辆品牌型号", length: 0...64, marks: [.unlisted]).section("车辆"),
        .code("networked", "联网状态", from: .networked, marks: [.unlisted]).section("车辆"),
        .code("useNature", "使用性质", from: .useNature, marks: [.unlisted]).section("车辆"),
        .text("owner", "车队名称", length: 0...100, marks: [.unlisted, .personal]).sealed(as: "gate_pass.owner").section("车辆"),
        .moment("enteredAt", "进厂时间", marks: []).section("进厂"),
        .text("entryGate", "进厂门岗", length: 0...8, marks: []).section("进厂"),
        .text("entryBarrier", "进厂道闸", length: 0...8, marks: [.unlisted]).section("进厂"),
        .text("entryCargo", "进厂货物", length: 0...32, marks: []).section("进厂"),
        .decimal("entryTonnes", "进厂运输量", places: 3, 0...1000, unit: "吨", marks: [.summable]).section("进厂"),
        .photo("entryPhoto", "进厂照片").section("进厂"),
        .moment("exitedAt", "出厂时间", marks: []).section("出厂"),
        .text("exitGate", "出厂门岗", length: 0...8, marks: []).section("出厂"),
        .text("exitBarrier", "出厂道闸", length: 0...8, marks: [.unlisted]).section("出厂"),
        .text("exitCargo", "出厂货物", length: 0...32, marks: []).section("出厂"),
        .decimal("exitTonnes", "出厂运输量", places: 3, 0...1000, unit: "吨", marks: [.summable]).section("出厂"),
        .photo("exitPhoto", "出厂照片").section("出厂"),
        .photo("documentPhoto", "随车清单或行驶证").section("证照"),
        .computed("stayMinutes", "停留分钟", .minutes(from: "enteredAt", to: "exitedAt")),
    ]
}
