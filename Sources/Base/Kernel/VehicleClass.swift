/// 车辆种类 of the gate interfaces (hj1321-gate.md §6 `clzl`): what the vehicle is there for, not how it is built.
package enum VehicleClass: String, Sendable, CaseIterable {
    case freight = "0", hazardousWaste = "1", specialWork = "2", livelihood = "3", passenger = "4"

    package var title: String {
        switch self {
        case .freight: "货运"
        case .hazardousWaste: "危固废运输"
        case .specialWork: "特种作业"
        case .livelihood: "民生保障"
        case .passenger: "客运"
        }
    }

    package var titleEN: String {
        switch self {
        case .freight: "Freight"
        case .hazardousWaste: "Hazardous and solid waste"
        case .specialWork: "Special work"
        case .livelihood: "Livelihood supply"
        case .passenger: "Passenger"
        }
    }

    package static let all: [CodeItem] = allCases.map { CodeItem($0.rawValue, $0.title, $0.titleEN) }
}
