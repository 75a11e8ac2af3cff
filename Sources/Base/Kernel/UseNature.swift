/// 使用性质, GA/T 16.3 (plates-and-codes.md §4).
package enum UseNature {
    package static let all: [CodeItem] = [
        CodeItem("A", "非营运", "Non-commercial"), CodeItem("B", "公路客运", "Highway passenger"), CodeItem("C", "公交客运", "Public bus"), CodeItem("D", "出租客运", "Taxi"),
        CodeItem("E", "旅游客运", "Tourist coach"), CodeItem("F", "货运", "Freight"), CodeItem("G", "租赁", "Rental"), CodeItem("H", "警用", "Police"),
        CodeItem("I", "消防", "Fire service"), CodeItem("J", "救护", "Ambulance"), CodeItem("K", "工程救险", "Engineering rescue"), CodeItem("L", "营转非", "Formerly commercial"),
        CodeItem("M", "出租转非", "Formerly taxi"), CodeItem("N", "教练", "Training"), CodeItem("O", "幼儿校车", "Kindergarten bus"), CodeItem("P", "小学生校车", "Primary school bus"),
        CodeItem("Q", "其他校车", "Other school bus"), CodeItem("R", "危化品运输", "Hazardous goods"), CodeItem("S", "中小学生校车", "School bus"),
        CodeItem("T", "预约出租客运", "Booked taxi"), CodeItem("U", "预约出租转非", "Formerly booked taxi"), CodeItem("Z", "其他", "Other"),
    ]

    package static func isKnown(_ code: String) -> Bool { all.contains { $0.code == code } }
}
