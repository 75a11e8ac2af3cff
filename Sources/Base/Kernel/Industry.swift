/// The 39 重点行业 of the heavy-pollution guideline, in the order of HJ 1321's scope (hj1321-gate.md §1), and units known for their transport.
package enum Industry {
    package static let all: [CodeItem] = [
        CodeItem("01", "钢铁", "Iron and steel"), CodeItem("02", "焦化", "Coking"), CodeItem("03", "水泥", "Cement"), CodeItem("04", "氧化铝", "Alumina"),
        CodeItem("05", "电解铝", "Electrolytic aluminium"), CodeItem("06", "炭素", "Carbon products"), CodeItem("07", "铜冶炼", "Copper smelting"),
        CodeItem("08", "钼冶炼", "Molybdenum smelting"), CodeItem("09", "铅锌冶炼", "Lead and zinc smelting"), CodeItem("10", "石灰窑", "Lime kilns"),
        CodeItem("11", "铁合金", "Ferro-alloys"), CodeItem("12", "铸造", "Foundries"), CodeItem("13", "再生铜铝铅锌", "Secondary copper, aluminium, lead, zinc"),
        CodeItem("14", "有色金属压延", "Non-ferrous rolling"), CodeItem("15", "陶瓷", "Ceramics"), CodeItem("16", "耐火材料", "Refractories"), CodeItem("17", "岩棉", "Rock wool"),
        CodeItem("18", "玻璃", "Glass"), CodeItem("19", "砖瓦窑", "Brick and tile kilns"), CodeItem("20", "玻璃钢", "Fibreglass"), CodeItem("21", "纤维素", "Cellulose"),
        CodeItem("22", "建筑防水材料", "Waterproofing materials"), CodeItem("23", "制药", "Pharmaceuticals"), CodeItem("24", "农药", "Pesticides"), CodeItem("25", "涂料", "Coatings"),
        CodeItem("26", "油墨", "Inks"), CodeItem("27", "汽车制造", "Car making"), CodeItem("28", "工程机械制造", "Construction machinery"),
        CodeItem("29", "工业涂装", "Industrial painting"), CodeItem("30", "炼油与石油化工", "Refining and petrochemicals"), CodeItem("31", "炭黑", "Carbon black"),
        CodeItem("32", "煤制氮肥", "Coal-based nitrogen fertiliser"), CodeItem("33", "家具", "Furniture"), CodeItem("34", "包装印刷", "Packaging and printing"),
        CodeItem("35", "人造板", "Wood-based panels"), CodeItem("36", "塑料人造革与合成革", "Artificial and synthetic leather"), CodeItem("37", "橡胶制品", "Rubber products"),
        CodeItem("38", "皮革制品", "Leather products"), CodeItem("39", "制鞋", "Shoe making"),
    ]

    /// 重点用车单位 outside the 39, met on the same gates (hj1321-gate.md §11).
    package static let transportUnits: [CodeItem] = [
        CodeItem("81", "火电", "Thermal power"), CodeItem("82", "矿山", "Mining"), CodeItem("83", "洗煤厂", "Coal washing"), CodeItem("84", "港口", "Ports"),
        CodeItem("85", "物流", "Logistics"), CodeItem("99", "其他", "Other"),
    ]

    /// By code or by name, as a configuration or a sheet may write either.
    package static func find(_ text: String) -> CodeItem? { (all + transportUnits).first { $0.code == text || $0.title == text } }
}
