import{$ as e,A as t,C as n,D as r,E as i,F as a,G as o,I as s,J as c,K as l,L as u,M as d,N as f,O as p,P as m,Q as h,R as g,S as _,T as v,W as y,X as b,Y as ee,Z as x,_ as S,a as te,at as ne,b as re,ct as ie,dt as C,et as ae,ft as oe,g as se,i as ce,l as le,lt as ue,n as de,nt as fe,o as pe,ot as me,pt as he,q as ge,r as _e,rt as ve,s as ye,st as be,t as xe,tt as Se,u as Ce,ut as we,v as w,w as Te,x as T,y as Ee,z as De}from"./i18n-BiguL2Rf.js";import{A as E,C as Oe,D as ke,E as Ae,F as D,I as je,M as Me,N as Ne,O as Pe,P as Fe,S as Ie,T as Le,_ as Re,a as ze,b as Be,c as Ve,d as He,f as Ue,h as O,i as We,j as Ge,k as Ke,l as qe,m as Je,n as Ye,o as Xe,r as k,s as A,t as Ze,u as j,v as Qe,w as $e,x as et,y as tt}from"./base-CfjfUwOC.js";import{a as nt,i as rt,n as it,r as at,s as ot,t as st}from"./cards-KLwbqFql.js";import{t as M}from"./dialog-ZXrRuZ6m.js";import{r as ct,t as lt}from"./sent_files-CW28Xl3v.js";function ut(e,t){let n=e.fieldKind==`list`?b(t,e):e.fieldKind==`map`?x(t,e):pt(e,t);if(n===!0)return;let r;switch(e.fieldKind){case`list`:r=`expected ${_t(e)}, got ${N(t)}`;break;case`map`:r=`expected ${vt(e)}, got ${N(t)}`;break;default:r=ht(e,t,n)}return new D(e,r)}function dt(e,t,n){let r=pt(e,n);if(r!==!0)return new D(e,`list item #${t+1}: ${ht(e,n,r)}`)}function ft(e,t,n){let r=mt(e.mapKey)(t);if(r!==!0)return new D(e,`invalid map key: ${ht({scalar:e.mapKey},t,r)}`);let i=pt(e,n);if(i!==!0)return new D(e,`map entry ${N(t)}: ${ht(e,n,i)}`)}function pt(e,t){return e.scalar===void 0?e.enum===void 0?h(t,e.message):e.enum.open?mt(C.INT32)(t):e.enum.values.some(e=>e.number===t):mt(e.scalar)(t)}function mt(e){switch(e){case C.DOUBLE:return e=>typeof e==`number`;case C.FLOAT:return e=>typeof e==`number`?!Number.isFinite(Math.fround(e))&&Number.isFinite(e)?`${e.toFixed()} out of range`:!0:!1;case C.INT32:case C.SFIXED32:case C.SINT32:return e=>typeof e!=`number`||!Number.isInteger(e)?!1:e>2147483647||e<-2147483648?`${e.toFixed()} out of range`:!0;case C.FIXED32:case C.UINT32:return e=>typeof e!=`number`||!Number.isInteger(e)?!1:e>4294967295||e<0?`${e.toFixed()} out of range`:!0;case C.BOOL:return e=>typeof e==`boolean`;case C.STRING:return e=>typeof e==`string`?y().checkUtf8(e)||`invalid UTF8`:!1;case C.BYTES:return e=>e instanceof Uint8Array;case C.INT64:case C.SFIXED64:case C.SINT64:return e=>{if(typeof e==`bigint`||typeof e==`number`||typeof e==`string`&&e.length>0)try{return we.parse(e),!0}catch{return`${e} out of range`}return!1};case C.FIXED64:case C.UINT64:return e=>{if(typeof e==`bigint`||typeof e==`number`||typeof e==`string`&&e.length>0)try{return we.uParse(e),!0}catch{return`${e} out of range`}return!1}}}function ht(e,t,n){return n=typeof n==`string`?`: ${n}`:`, got ${N(t)}`,e.scalar===void 0?e.enum===void 0?`expected ${gt(e.message)}`+n:`expected ${e.enum.toString()}`+n:`expected ${yt(e.scalar)}`+n}function N(e){switch(typeof e){case`object`:return e===null?`null`:e instanceof Uint8Array?`Uint8Array(${e.length})`:Array.isArray(e)?`Array(${e.length})`:b(e)?_t(e.field()):x(e)?vt(e.field()):h(e)?gt(e.desc):oe(e)?`message ${e.$typeName}`:`object`;case`string`:return e.length>30?`string`:`"${e.split(`"`).join(`\\"`)}"`;case`boolean`:return String(e);case`number`:return String(e);case`bigint`:return String(e)+`n`;default:return typeof e}}function gt(e){return`ReflectMessage (${e.typeName})`}function _t(e){switch(e.listKind){case`message`:return`ReflectList (${e.message.toString()})`;case`enum`:return`ReflectList (${e.enum.toString()})`;case`scalar`:return`ReflectList (${C[e.scalar]})`}}function vt(e){switch(e.mapKind){case`message`:return`ReflectMap (${C[e.mapKey]}, ${e.message.toString()})`;case`enum`:return`ReflectMap (${C[e.mapKey]}, ${e.enum.toString()})`;case`scalar`:return`ReflectMap (${C[e.mapKey]}, ${C[e.scalar]})`}}function yt(e){switch(e){case C.STRING:return`string`;case C.BOOL:return`boolean`;case C.INT64:case C.SINT64:case C.SFIXED64:return`bigint (int64)`;case C.UINT64:case C.FIXED64:return`bigint (uint64)`;case C.BYTES:return`Uint8Array`;case C.DOUBLE:return`number (float64)`;case C.FLOAT:return`number (float32)`;case C.FIXED32:case C.UINT32:return`number (uint32)`;case C.INT32:case C.SFIXED32:case C.SINT32:return`number (int32)`}}function bt(e,t,n=!0){return new St(e,t,n)}var xt=new WeakMap,St=class{get sortedFields(){let e=xt.get(this.desc);if(e)return e;let t=this.desc.fields.concat().sort((e,t)=>e.number-t.number);return xt.set(this.desc,t),t}constructor(e,t,n=!0){this.lists=new Map,this.maps=new Map,this.check=n,this.desc=e,this.message=this[ne]=t??o(e),this.fields=e.fields,this.oneofs=e.oneofs,this.members=e.members}findNumber(e){return this._fieldsByNumber||=new Map(this.desc.fields.map(e=>[e.number,e])),this._fieldsByNumber.get(e)}oneofCase(e){return Ct(this.message,e),me(this.message,e)}isSet(e){return Ct(this.message,e),ve(this.message,e)}clear(e){Ct(this.message,e),Se(this.message,e)}get(e){Ct(this.message,e);let t=fe(this.message,e);switch(e.fieldKind){case`list`:let n=this.lists.get(e);return n&&n[ne]===t||this.lists.set(e,n=new wt(e,t,this.check)),n;case`map`:let r=this.maps.get(e);return r&&r[ne]===t||this.maps.set(e,r=new Tt(e,t,this.check)),r;case`message`:return Dt(e,t,this.check);case`scalar`:return t===void 0?ue(e.scalar,!1):Pt(e,t);case`enum`:return t??e.enum.values[0].number}}set(e,t){if(Ct(this.message,e),this.check){let n=ut(e,t);if(n)throw n}let n;n=e.fieldKind==`message`?Et(e,t):x(t)||b(t)?t[ne]:Ft(e,t),be(this.message,e,n)}getUnknown(){return this.message.$unknown}setUnknown(e){this.message.$unknown=e}};function Ct(e,t){if(t.parent.typeName!==e.$typeName)throw new D(t,`cannot use ${t.toString()} with message ${e.$typeName}`,`ForeignFieldError`)}var wt=class{field(){return this._field}get size(){return this._arr.length}constructor(e,t,n){this._field=e,this._arr=this[ne]=t,this.check=n}get(e){let t=this._arr[e];return t===void 0?void 0:kt(this._field,t,this.check)}set(e,t){if(e<0||e>=this._arr.length)throw new D(this._field,`list item #${e+1}: out of range`);if(this.check){let n=dt(this._field,e,t);if(n)throw n}this._arr[e]=Ot(this._field,t)}add(e){if(this.check){let t=dt(this._field,this._arr.length,e);if(t)throw t}this._arr.push(Ot(this._field,e))}clear(){this._arr.splice(0,this._arr.length)}[Symbol.iterator](){return this.values()}keys(){return this._arr.keys()}*values(){for(let e of this._arr)yield kt(this._field,e,this.check)}*entries(){for(let e=0;e<this._arr.length;e++)yield[e,kt(this._field,this._arr[e],this.check)]}},Tt=class{constructor(e,t,n=!0){this.obj=this[ne]=t??{},this.check=n,this._field=e}field(){return this._field}set(e,t){if(this.check){let n=ft(this._field,e,t);if(n)throw n}return ae(this.obj,Mt(e),At(this._field,t)),this}delete(e){let t=Mt(e),n=Object.prototype.hasOwnProperty.call(this.obj,t);return n&&delete this.obj[t],n}clear(){for(let e of Object.keys(this.obj))delete this.obj[e]}get(t){let n=e(this.obj,Mt(t));return n!==void 0&&(n=jt(this._field,n,this.check)),n}has(e){return Object.prototype.hasOwnProperty.call(this.obj,Mt(e))}*keys(){for(let e of Object.keys(this.obj))yield Nt(e,this._field.mapKey)}*entries(){for(let e of Object.entries(this.obj))yield[Nt(e[0],this._field.mapKey),jt(this._field,e[1],this.check)]}[Symbol.iterator](){return this.entries()}get size(){return Object.keys(this.obj).length}*values(){for(let e of Object.values(this.obj))yield jt(this._field,e,this.check)}forEach(e,t){for(let n of this.entries())e.call(t,n[1],n[0],this)}};function Et(e,t){return h(t)?ge(t.message)&&!e.oneof&&e.fieldKind==`message`?t.message.value:t.desc.typeName==`google.protobuf.Struct`&&e.parent.typeName!=`google.protobuf.Value`?s(t.message):t.message:t}function Dt(e,t,n){return t!==void 0&&(c(e.message)&&!e.oneof&&e.fieldKind==`message`?t={$typeName:e.message.typeName,value:Pt(e.message.fields[0],t)}:e.message.typeName==`google.protobuf.Struct`&&e.parent.typeName!=`google.protobuf.Value`&&ee(t)&&(t=u(t))),new St(e.message,t,n)}function Ot(e,t){return e.listKind==`message`?Et(e,t):Ft(e,t)}function kt(e,t,n){return e.listKind==`message`?Dt(e,t,n):Pt(e,t)}function At(e,t){return e.mapKind==`message`?Et(e,t):Ft(e,t)}function jt(e,t,n){return e.mapKind==`message`?Dt(e,t,n):t}function Mt(e){return typeof e==`string`||typeof e==`number`?e:String(e)}function Nt(e,t){switch(t){case C.STRING:return e;case C.INT32:case C.FIXED32:case C.UINT32:case C.SFIXED32:case C.SINT32:{let t=Number.parseInt(e);if(Number.isFinite(t))return t;break}case C.BOOL:switch(e){case`true`:return!0;case`false`:return!1}break;case C.UINT64:case C.FIXED64:try{return we.uParse(e)}catch{}break;default:try{return we.parse(e)}catch{}}return e}function Pt(e,t){switch(e.scalar){case C.INT64:case C.SFIXED64:case C.SINT64:`longAsString`in e&&e.longAsString&&typeof t==`string`&&(t=we.parse(t));break;case C.FIXED64:case C.UINT64:`longAsString`in e&&e.longAsString&&typeof t==`string`&&(t=we.uParse(t))}return t}function Ft(e,t){switch(e.scalar){case C.INT64:case C.SFIXED64:case C.SINT64:`longAsString`in e&&e.longAsString?t=String(t):(typeof t==`string`||typeof t==`number`)&&(t=we.parse(t));break;case C.FIXED64:case C.UINT64:`longAsString`in e&&e.longAsString?t=String(t):(typeof t==`string`||typeof t==`number`)&&(t=we.uParse(t))}return t}function It(e,t){return Lt(bt(e,t)).message}function Lt(e){let t=bt(e.desc);for(let n of e.fields)if(e.isSet(n))switch(n.fieldKind){case`list`:let r=t.get(n);for(let t of e.get(n))r.add(Rt(n,t));break;case`map`:let i=t.get(n);for(let t of e.get(n).entries())i.set(t[0],Rt(n,t[1]));break;default:t.set(n,Rt(n,e.get(n)))}let n=e.getUnknown();return n&&n.length>0&&t.setUnknown([...n]),t}function Rt(e,t){return e.message!==void 0&&h(t)?Lt(t):e.scalar==C.BYTES&&t instanceof Uint8Array?t.slice():t}function zt(e){return Vt(e.getTime())}function Bt(e){return new Date(Ht(e))}function Vt(e){let t=Math.floor(e/1e3);return o(ke,{seconds:we.parse(t),nanos:(e-t*1e3)*1e6})}function Ht(e){return Number(e.seconds)*1e3+Math.round(e.nanos/1e6)}function Ut(e){return Number(e.seconds)*1e3+Math.round(e.nanos/1e6)}var Wt=E(Ke(btoa(`
google/protobuf/any.protogoogle.protobuf"&
Any
\btype_url (	\r
value (\fBv
com.google.protobufB\bAnyProtoPZ,google.golang.org/protobuf/types/known/anypb¢GPBªGoogle.Protobuf.WellKnownTypesbproto3`)),0);function Gt(e,t,n){let r=!1;return n||(n=o(Wt),r=!0),n.value=$e(e,t),n.typeUrl=Jt(t.$typeName),r?n:void 0}function Kt(e,t){return e.typeUrl!==``&&(typeof t==`string`?t:t.typeName)===Yt(e.typeUrl)}function qt(e,t){if(e.typeUrl===``)return;let n=t.kind==`message`?t:t.getMessage(Yt(e.typeUrl));if(n&&Kt(e,n))return d(n,e.value)}function Jt(e){return`type.googleapis.com/${e}`}function Yt(e){let t=e.lastIndexOf(`/`),n=t>=0?e.substring(t+1):e;if(!n.length)throw Error(`invalid type url: ${e}`);return n}var Xt=Ke(btoa(`
google/protobuf/struct.protogoogle.protobuf"
Struct3
fields (\v2#.google.protobuf.Struct.FieldsEntryE
\vFieldsEntry\v
key (	%
value (\v2.google.protobuf.Value:8"ê
Value0

null_value (2.google.protobuf.NullValueH\0
\fnumber_value (H\0
\fstring_value (	H\0

bool_value (\bH\0/
\fstruct_value (\v2.google.protobuf.StructH\00

list_value (\v2.google.protobuf.ListValueH\0B
kind"3
	ListValue&
values (\v2.google.protobuf.Value*\x1B
	NullValue

NULL_VALUE\0B
com.google.protobufB\vStructProtoPZ/google.golang.org/protobuf/types/known/structpbø¢GPBªGoogle.Protobuf.WellKnownTypesbproto3`)),Zt=E(Xt,0),Qt=E(Xt,1),$t=E(Xt,2),en;(function(e){e[e.NULL_VALUE=0]=`NULL_VALUE`})(en||={});function tn(e,t,n){on(t,e);let r=rn(e.$unknown,t),[i,a,o]=an(t),s=f(n);for(let e of r)m(i,new g(e.data),a,e.wireType,s);return o()}function nn(e,t,n){on(t,e);let r=(e.$unknown??[]).filter(e=>e.no!==t.number),[i,a]=an(t,n),o=new De;Le(o,{writeUnknownFields:!0},i,a);let s=new g(o.finish());for(;s.pos<s.len;){let[e,t]=s.tag(),n=s.skip(t,e);r.push({no:e,wireType:t,data:n})}e.$unknown=r}function rn(e,t){if(e===void 0)return[];if(t.fieldKind===`enum`||t.fieldKind===`scalar`){for(let n=e.length-1;n>=0;--n)if(e[n].no==t.number)return[e[n]];return[]}return e.filter(e=>e.no===t.number)}function an(e,t){let n=e.typeName,r=Object.assign(Object.assign({},e),{kind:`field`,parent:e.extendee,localName:n}),i=Object.assign(Object.assign({},e.extendee),{fields:[r],members:[r],oneofs:[]}),a=o(i,t===void 0?void 0:{[n]:t});return[bt(i,a),r,()=>{let t=a[n];if(t===void 0){let t=e.message;return c(t)?ue(t.fields[0].scalar,t.fields[0].longAsString):o(t)}return t}]}function on(e,t){if(e.extendee.typeName!=t.$typeName)throw Error(`extension ${e.typeName} can only be applied to message ${e.extendee.typeName}`)}function sn(e,t,n,r){return t.$typeName!=e.typeName||n.$typeName!=e.typeName?!1:t===n||cn(bt(e,t),bt(e,n),r)}function cn(e,t,n){if(e.desc.typeName===`google.protobuf.Any`&&n?.unpackAny==1)return un(e.message,t.message,n);for(let r of e.fields)if(!ln(r,e,t,n))return!1;return!(n?.unknown==1&&!dn(e,t,n.registry)||n?.extensions==1&&!fn(e,t,n))}function ln(e,t,n,r){if(!t.isSet(e)&&!n.isSet(e))return!0;if(!t.isSet(e)||!n.isSet(e))return!1;switch(e.fieldKind){case`scalar`:return ie(e.scalar,t.get(e),n.get(e));case`enum`:return t.get(e)===n.get(e);case`message`:return cn(t.get(e),n.get(e),r);case`map`:{let i=t.get(e),a=n.get(e),o=[];for(let e of i.keys()){if(!a.has(e))return!1;o.push(e)}for(let e of a.keys())if(!i.has(e))return!1;for(let t of o){let n=i.get(t),o=a.get(t);if(n!==o)switch(e.mapKind){case`enum`:return!1;case`message`:if(!cn(n,o,r))return!1;break;case`scalar`:if(!ie(e.scalar,n,o))return!1}}break}case`list`:{let i=t.get(e),a=n.get(e);if(i.size!=a.size)return!1;for(let t=0;t<i.size;t++){let n=i.get(t),o=a.get(t);if(n!==o)switch(e.listKind){case`enum`:return!1;case`message`:if(!cn(n,o,r))return!1;break;case`scalar`:if(!ie(e.scalar,n,o))return!1}}break}}return!0}function un(e,t,n){if(e.typeUrl!==t.typeUrl)return!1;let r=qt(e,n.registry),i=qt(t,n.registry);if(r&&i){let e=n.registry.getMessage(r.$typeName);if(e)return sn(e,r,i,n)}return ie(C.BYTES,e.value,t.value)}function dn(e,t,n){function r(e,t){let n=e.getUnknown()??[];return t?n.filter(n=>!t.getExtensionFor(e.desc,n.no)):n}let i=r(e,n),a=r(t,n);if(i.length!=a.length)return!1;for(let e=0;e<i.length;e++){let t=i[e],n=a[e];if(t.no!=n.no||t.wireType!=n.wireType||!ie(C.BYTES,t.data,n.data))return!1}return!0}function fn(e,t,n){function r(e,t){return(e.getUnknown()??[]).map(n=>t.getExtensionFor(e.desc,n.no)).filter(e=>e!=null).filter((e,t,n)=>n.indexOf(e)===t)}let i=r(e,n.registry),a=r(t,n.registry);if(i.length!=a.length||i.some(e=>!a.includes(e)))return!1;for(let r of i){let[i,a]=an(r,tn(e.message,r)),[o]=an(r,tn(t.message,r));if(!ln(a,i,o,n))return!1}return!0}function pn(e,t){t.parent.typeName==e.$typeName&&Se(e,t)}var mn=Date.parse(`0001-01-01T00:00:00Z`),hn=Date.parse(`9999-12-31T23:59:59Z`),gn=3,_n=2,vn={alwaysEmitImplicit:!1,enumAsInteger:!1,useProtoFieldName:!1};function yn(e){return e?Object.assign(Object.assign({},vn),e):vn}function bn(e,t,n){return Cn(e)(yn(n),t)}function xn(e,t,n){let r=bn(e,t,n);return JSON.stringify(r,null,n?.prettySpaces??0)}var Sn=new WeakMap;function Cn(e){let t=Sn.get(e);return t===void 0&&(t=wn(e)),t}function wn(e){let t=e.typeName,n=En(e);if(n!==void 0){let r=e.fields[0],i=(e,i)=>{if(i.$typeName!==t&&r!==void 0)throw new D(r,`cannot use ${r} with message ${i.$typeName}`,`ForeignFieldError`);return n(e,i)};return Sn.set(e,i),i}let r=e.fields.concat().sort((e,t)=>e.number-t.number),i=r[0],a=[],o=(n,r)=>{if(r.$typeName!==t&&i!==void 0)throw new D(i,`cannot use ${i} with message ${r.$typeName}`,`ForeignFieldError`);let o={};for(let e=0;e<a.length;e++)a[e](n,r,o);return n.registry&&Bn(o,n,n.registry,r,e),o};Sn.set(e,o);for(let e of r){let t=Dn(e);a.push(e.jsonName===`__proto__`||e.name===`__proto__`?Tn(t):t)}return o}function Tn(e){return(t,n,r)=>{let i=Object.create(null);e(t,n,i);for(let e of Object.keys(i))ae(r,e,i[e])}}function En(e){if(e.typeName.startsWith(`google.protobuf.`))switch(e.typeName){case`google.protobuf.Any`:return(e,t)=>Vn(t,e);case`google.protobuf.Timestamp`:return(e,t)=>qn(t);case`google.protobuf.Duration`:return(e,t)=>Hn(t);case`google.protobuf.FieldMask`:return(e,t)=>Un(t);case`google.protobuf.Struct`:return(e,t)=>Wn(t);case`google.protobuf.Value`:return(e,t)=>Gn(t);case`google.protobuf.ListValue`:return(e,t)=>Kn(t);default:if(c(e)){let t=e.fields[0],n=t.localName,r=ue(t.scalar,!1),i=Rn(t);return(e,t)=>{let a=t[n];return i(e,a===void 0?r:a)}}return}}function Dn(e){switch(e.fieldKind){case`scalar`:case`enum`:case`message`:return On(e);case`list`:case`map`:{let t=e.fieldKind==`list`?Mn(e):Pn(e),n=e.name,r=e.jsonName,i=e.localName;return(e,a,o)=>{let s=t(e,a[i]);s!==void 0&&(o[e.useProtoFieldName?n:r]=s)}}}}function On(e){let t=An(e),n=e.name,r=e.jsonName,i=e.localName;if(e.oneof){let a=e.oneof.localName;return(e,o,s)=>{let c=o[a];c.case===i&&(s[e.useProtoFieldName?n:r]=t(e,c.value))}}if(e.presence!=_n){let a=e.presence==gn?`cannot encode ${e} to JSON: required field not set`:void 0;return(e,o,s)=>{let c=o[i];if(c!==void 0&&Object.prototype.hasOwnProperty.call(o,i))s[e.useProtoFieldName?n:r]=t(e,c);else if(a!==void 0)throw Error(a)}}if(e.fieldKind==`enum`){let a=e.enum.values[0].number;return(e,o,s)=>{let c=o[i];(c!==a||e.alwaysEmitImplicit)&&(s[e.useProtoFieldName?n:r]=t(e,c))}}switch(e.scalar){case C.BOOL:return(e,a,o)=>{let s=a[i];(s!==!1||e.alwaysEmitImplicit)&&(o[e.useProtoFieldName?n:r]=t(e,s))};case C.STRING:return(e,a,o)=>{let s=a[i];(s!==``||e.alwaysEmitImplicit)&&(o[e.useProtoFieldName?n:r]=t(e,s))};case C.BYTES:return(e,a,o)=>{let s=a[i];(!(s instanceof Uint8Array)||s.byteLength>0||e.alwaysEmitImplicit)&&(o[e.useProtoFieldName?n:r]=t(e,s))};case C.DOUBLE:case C.FLOAT:return(e,a,o)=>{let s=a[i];(!Object.is(s,0)||e.alwaysEmitImplicit)&&(o[e.useProtoFieldName?n:r]=t(e,s))};default:return(e,a,o)=>{let s=a[i];(s!=0||e.alwaysEmitImplicit)&&(o[e.useProtoFieldName?n:r]=t(e,s))}}}function kn(e){switch(e.fieldKind){case`scalar`:case`enum`:case`message`:return An(e);case`list`:return Mn(e);case`map`:return Pn(e)}}function An(e){switch(e.fieldKind){case`scalar`:return Rn(e);case`enum`:return In(e);case`message`:return jn(e)}}function jn(e){let{toMessage:t}=a(e),n=Cn(e.message);return(e,r)=>n(e,t(r))}function Mn(e){let t=Nn(e);return(e,n)=>{let r=n;if(r.length==0&&!e.alwaysEmitImplicit)return;let i=[];for(let n=0;n<r.length;n++)i.push(t(e,r[n]));return i}}function Nn(e){switch(e.listKind){case`scalar`:return Rn(e);case`enum`:return In(e);case`message`:return jn(e)}}function Pn(e){let t=Fn(e);return(e,n)=>{let r=n,i=Object.keys(r);if(i.length==0&&!e.alwaysEmitImplicit)return;let a={};for(let n=0;n<i.length;n++){let o=i[n];ae(a,o,t(e,r[o]))}return a}}function Fn(e){switch(e.mapKind){case`scalar`:return Rn(e);case`enum`:return In(e);case`message`:return jn(e)}}function In(e){let t=e.enum;return t.typeName==`google.protobuf.NullValue`?(e,n)=>{if(typeof n!=`number`)throw Ln(t,n);return null}:(e,n)=>{if(typeof n!=`number`)throw Ln(t,n);return e.enumAsInteger?n:t.value[n]?.jsonName??n}}function Ln(e,t){return Error(`cannot encode ${e} to JSON: expected number, got ${N(t)}`)}function Rn(e){switch(e.scalar){case C.INT32:case C.SFIXED32:case C.SINT32:case C.FIXED32:case C.UINT32:return(t,n)=>{if(typeof n!=`number`)throw zn(e,n);return n};case C.FLOAT:case C.DOUBLE:return(t,n)=>{if(typeof n!=`number`)throw zn(e,n);return Number.isNaN(n)?`NaN`:n===1/0?`Infinity`:n===-1/0?`-Infinity`:n};case C.STRING:return(t,n)=>{if(typeof n!=`string`)throw zn(e,n);return n};case C.BOOL:return(t,n)=>{if(typeof n!=`boolean`)throw zn(e,n);return n};case C.UINT64:case C.FIXED64:case C.INT64:case C.SFIXED64:case C.SINT64:return(t,n)=>{if(typeof n==`bigint`||typeof n==`string`||typeof n==`number`&&Number.isInteger(n))return n.toString();throw zn(e,n)};case C.BYTES:return(t,n)=>{if(n instanceof Uint8Array)return Fe(n);throw zn(e,n)}}}function zn(e,t){return Error(`cannot encode ${e} to JSON: ${ut(e,t)?.message}`)}function Bn(e,t,n,r,i){let a=r.$unknown;if(a===void 0)return;let o=new Set;for(let s=0;s<a.length;s++){let{no:c}=a[s];if(!o.has(c)){o.add(c);let a=n.getExtensionFor(i,c);if(!a)continue;let[s,l]=an(a,tn(r,a)),u=s[ne],d=kn(l)(t,u[l.localName]);d!==void 0&&(e[a.jsonName]=d)}}}function Vn(e,t){if(e.typeUrl===``)return{};let{registry:n}=t,r,i;if(n&&(r=qt(e,n),r&&(i=n.getMessage(r.$typeName))),!i||!r)throw Error(`cannot encode message ${e.$typeName} to JSON: "${e.typeUrl}" is not in the type registry`);let a=l(i)?{value:Cn(i)(t,r)}:Cn(i)(t,r);return a[`@type`]=e.typeUrl,a}function Hn(e){let t=Number(e.seconds),n=e.nanos;if(t>315576e6||t<-315576e6)throw Error(`cannot encode message ${e.$typeName} to JSON: value out of range`);if(t>0&&n<0||t<0&&n>0)throw Error(`cannot encode message ${e.$typeName} to JSON: nanos sign must match seconds sign`);let r=e.seconds.toString();if(n!==0){let e=Math.abs(n).toString();e=`0`.repeat(9-e.length)+e,e.substring(3)===`000000`?e=e.substring(0,3):e.substring(6)===`000`&&(e=e.substring(0,6)),r+=`.`+e,n<0&&t==0&&(r=`-`+r)}return r+`s`}function Un(e){return e.paths.map(t=>{if(Me(Ge(t))!==t)throw Error(`cannot encode message ${e.$typeName} to JSON: lowerCamelCase of path name "${t}" is irreversible`);return Ge(t)}).join(`,`)}function Wn(e){let t={},n=Object.keys(e.fields);for(let r=0;r<n.length;r++){let i=n[r];ae(t,i,Gn(e.fields[i]))}return t}function Gn(e){switch(e.kind.case){case`nullValue`:return null;case`numberValue`:if(!Number.isFinite(e.kind.value))throw Error(`${e.$typeName} cannot be NaN or Infinity`);return e.kind.value;case`boolValue`:return e.kind.value;case`stringValue`:return e.kind.value;case`structValue`:return Wn(e.kind.value);case`listValue`:return Kn(e.kind.value);default:throw Error(`${e.$typeName} must have a value`)}}function Kn(e){return e.values.map(Gn)}function qn(e){let t=Number(e.seconds)*1e3;if(t<mn||t>hn)throw Error(`cannot encode message ${e.$typeName} to JSON: must be from 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z inclusive`);if(e.nanos<0)throw Error(`cannot encode message ${e.$typeName} to JSON: nanos must not be negative`);if(e.nanos>999999999)throw Error(`cannot encode message ${e.$typeName} to JSON: nanos must not be greater than 999999999`);let n=`Z`;if(e.nanos>0){let t=(e.nanos+1e9).toString().substring(1);n=t.substring(3)===`000000`?`.`+t.substring(0,3)+`Z`:t.substring(6)===`000`?`.`+t.substring(0,6)+`Z`:`.`+t+`Z`}return new Date(t).toISOString().replace(`.000Z`,n)}var Jn=2;function Yn(e){return Object.assign(Object.assign({ignoreUnknownFields:!1,recursionLimit:100},e),{depth:0})}function Xn(e,t,n){let r=o(e);return Zn(e,r,t,n),r}function Zn(e,t,n,r){try{$n(e)(t,n,Yn(r))}catch(e){throw je(e)?Error(`cannot decode ${e.field()} from JSON: ${e.message}`,{cause:e}):e}}var Qn=new WeakMap;function $n(e){let t=Qn.get(e);return t===void 0&&(t=er(e)),t}function er(e){let t=String(e),n=tr(e);if(n!==void 0){let r=(e,r,i)=>{if(++i.depth>i.recursionLimit)throw Error(`cannot decode ${t} from JSON: maximum recursion depth of ${i.recursionLimit} reached`);n(e,r,i),i.depth--};return Qn.set(e,r),r}let r=e.typeName,i=new Map,a=(e,n,a)=>{if(++a.depth>a.recursionLimit)throw Error(`cannot decode ${t} from JSON: maximum recursion depth of ${a.recursionLimit} reached`);if(n==null||Array.isArray(n)||typeof n!=`object`)throw Error(`cannot decode ${t} from JSON: ${N(n)}`);let o=new Map,s=new Set,c=Object.keys(n);for(let l=0;l<c.length;l++){let u=c[l],d=n[u],f=i.get(u);if(f!==void 0){let t=f.field;if(s.has(t))throw new D(t,`set multiple times`);if(s.add(t),f.oneofScalarNullSkip&&d===null)continue;if(f.oneof){let e=o.get(f.oneof);if(e!==void 0)throw new D(f.oneof,`oneof set multiple times by ${e.name} and ${t.name}`);o.set(f.oneof,t)}f.read(e,d,a)}else{let n=u.startsWith(`[`)&&u.endsWith(`]`)?a.registry?.getExtension(u.substring(1,u.length-1)):void 0;if(n?.extendee.typeName==r){let[t,r,i]=an(n);nr(r)(t[ne],d,a),nn(e,n,i())}if(n===void 0&&!a.ignoreUnknownFields)throw Error(`cannot decode ${t} from JSON: key "${u}" is unknown`)}}a.depth--};Qn.set(e,a);for(let t of e.fields){let e={read:nr(t),field:t,oneof:t.oneof,oneofScalarNullSkip:t.oneof!==void 0&&t.fieldKind==`scalar`};i.set(t.name,e).set(t.jsonName,e)}return a}function tr(e){if(e.typeName.startsWith(`google.protobuf.`))switch(e.typeName){case`google.protobuf.Any`:return(e,t,n)=>vr(e,t,n);case`google.protobuf.Timestamp`:return(e,t)=>yr(e,t);case`google.protobuf.Duration`:return(e,t)=>br(e,t);case`google.protobuf.FieldMask`:return(e,t)=>xr(e,t);case`google.protobuf.Struct`:return(e,t,n)=>Sr(e,t,n);case`google.protobuf.Value`:return(e,t,n)=>Cr(e,t,n);case`google.protobuf.ListValue`:return(e,t,n)=>wr(e,t,n);default:if(c(e)){let t=e.fields[0],n=t.localName,r=t.scalar,i=t.longAsString,a=pr(t);return(e,t)=>{t===null?e[n]=ue(r,i):e[n]=a(t)}}return}}function nr(e){switch(e.fieldKind){case`scalar`:return rr(e);case`enum`:return ar(e);case`message`:return or(e);case`list`:return sr(e);case`map`:return lr(e)}}function rr(e){let t=pr(e),n=e.localName;if(e.oneof){let r=e.oneof.localName;return(e,i)=>{e[r]={case:n,value:t(i)}}}let r=ir(e);return(e,i)=>{i===null?r(e):e[n]=t(i)}}function ir(e){let t=e.localName;if(e.presence!=Jn)return e=>{delete e[t]};if(e.fieldKind==`enum`){let n=e.enum.values[0].number;return e=>{e[t]=n}}let n=e.scalar,r=e.longAsString;return e=>{e[t]=ue(n,r)}}function ar(e){let t=dr(e.enum),n=fr(e.enum),r=e.localName,i=e.enum.typeName!=`google.protobuf.NullValue`;if(e.oneof){let a=e.oneof.localName;return(o,s,c)=>{if(s===null&&i){o[a].case===r&&(o[a]={case:void 0});return}let l=t(s,c.ignoreUnknownFields);if(l===ur)return;let u=n(l);if(u!==!0)throw new D(e,ht(e,l,u));o[a]={case:r,value:l}}}let a=ir(e);return(o,s,c)=>{if(s===null&&i){a(o);return}let l=t(s,c.ignoreUnknownFields);if(l===ur)return;let u=n(l);if(u!==!0)throw new D(e,ht(e,l,u));o[r]=l}}function or(e){let t=e.localName,{toMessage:n,toLocal:r}=a(e),i=$n(e.message),o=e.message.typeName!=`google.protobuf.Value`;if(e.oneof){let a=e.oneof.localName;return(e,s,c)=>{let l=e[a];if(s===null&&o){l.case===t&&(e[a]={case:void 0});return}let u=n(l.case===t?l.value:void 0);i(u,s,c),e[a]={case:t,value:r(u)}}}return(e,a,s)=>{if(a===null&&o){delete e[t];return}let c=n(e[t]);i(c,a,s),e[t]=r(c)}}function sr(e){let t=e.localName,n=cr(e);return(r,i,a)=>{if(i===null)return;if(!Array.isArray(i))throw new D(e,`expected Array, got `+N(i));let o=r[t];for(let e=0;e<i.length;e++){let t=n(i[e],a,o.length);t!==ur&&o.push(t)}}}function cr(e){switch(e.listKind){case`scalar`:{let t=mr(e),n=mt(e.scalar),r=hr(e);return(i,a,o)=>{if(i===null)throw new D(e,`list item must not be null`);let s=t(i),c=n(s);if(c!==!0)throw new D(e,`list item #${o+1}: ${ht(e,s,c)}`);return r(s)}}case`enum`:{let t=dr(e.enum),n=fr(e.enum),r=e.enum.typeName!=`google.protobuf.NullValue`;return(i,a,o)=>{if(i===null&&r)throw new D(e,`list item must not be null`);let s=t(i,a.ignoreUnknownFields);if(s===ur)return s;let c=n(s);if(c!==!0)throw new D(e,`list item #${o+1}: ${ht(e,s,c)}`);return s}}case`message`:{let{toMessage:t,toLocal:n}=a(e),r=$n(e.message),i=e.message.typeName!=`google.protobuf.Value`;return(a,o)=>{if(a===null&&i)throw new D(e,`list item must not be null`);let s=t(void 0);return r(s,a,o),n(s)}}}}function lr(e){let t=e.localName,n=e.mapKey,r=gr(n),i=mt(n),o,s,c=e=>e,l=!0;switch(e.mapKind){case`scalar`:o=mr(e),s=mt(e.scalar),c=hr(e);break;case`enum`:{let t=dr(e.enum);o=(e,n)=>t(e,n.ignoreUnknownFields),s=fr(e.enum),l=e.enum.typeName!=`google.protobuf.NullValue`;break}case`message`:{let{toMessage:t,toLocal:n}=a(e),r=$n(e.message);l=e.message.typeName!=`google.protobuf.Value`,o=(e,i)=>{let a=t(void 0);return r(a,e,i),n(a)};break}}return(a,u,d)=>{if(u===null)return;if(typeof u!=`object`||Array.isArray(u))throw new D(e,`expected object, got `+N(u));let f=a[t],p=new Set,m=Object.keys(u);for(let t=0;t<m.length;t++){let a=m[t],h=u[a],g=r(a);if(p.has(g))throw new D(e,`duplicate map key "${a}"`);if(p.add(g),h===null&&l)throw new D(e,`map value must not be null`);let _=o(h,d);if(_===ur)continue;let v=i(g);if(v!==!0)throw new D(e,`invalid map key: ${ht({scalar:n},g,v)}`);if(s!==void 0){let t=s(_);if(t!==!0)throw new D(e,`map entry ${N(g)}: ${ht(e,_,t)}`)}ae(f,g,c(_))}}}var ur=Symbol();function dr(e){let t=e.values[0].number,n=new Map;for(let t of e.values)n.set(t.jsonName,t.number);for(let t of e.values)n.set(t.name,t.number);return(r,i)=>{if(r===null)return t;switch(typeof r){case`number`:if(Number.isInteger(r))return r;break;case`string`:{let e=n.get(r);if(e!==void 0)return e;if(i)return ur;break}}throw Error(`cannot decode ${e} from JSON: ${N(r)}`)}}function fr(e){if(e.open)return mt(C.INT32);let t=e.values;return e=>t.some(t=>t.number===e)}function pr(e){let t=mr(e),n=mt(e.scalar),r=hr(e);return i=>{let a=t(i),o=n(a);if(o!==!0)throw new D(e,ht(e,a,o));return r(a)}}function mr(e){switch(e.scalar){case C.DOUBLE:case C.FLOAT:return t=>{if(t===`NaN`)return NaN;if(t===`Infinity`)return 1/0;if(t===`-Infinity`)return-1/0;if(typeof t==`number`){if(Number.isNaN(t))throw new D(e,`unexpected NaN number`);if(!Number.isFinite(t))throw new D(e,`unexpected infinite number`);return t}if(typeof t==`string`){if(t===``||t.trim().length!==t.length)return t;let e=Number(t);return Number.isFinite(e)?e:t}return t};case C.INT32:case C.FIXED32:case C.SFIXED32:case C.SINT32:case C.UINT32:return _r;case C.BYTES:return t=>{if(typeof t==`string`){if(t===``)return new Uint8Array;try{return Ne(t)}catch(t){let n=t instanceof Error?t.message:String(t);throw new D(e,n)}}return t};default:return e=>e}}function hr(e){let t=e.fieldKind!==`map`&&e.longAsString;switch(e.scalar){case C.INT64:case C.SFIXED64:case C.SINT64:return t?e=>String(e):e=>typeof e==`string`||typeof e==`number`?we.parse(e):e;case C.FIXED64:case C.UINT64:return t?e=>String(e):e=>typeof e==`string`||typeof e==`number`?we.uParse(e):e;default:return e=>e}}function gr(e){switch(e){case C.BOOL:return e=>{switch(e){case`true`:return!0;case`false`:return!1}return e};case C.INT32:case C.FIXED32:case C.UINT32:case C.SFIXED32:case C.SINT32:return _r;case C.INT64:case C.SINT64:case C.SFIXED64:case C.UINT64:case C.FIXED64:return e=>/^-?0+$/.test(e)?`0`:e.replace(/^(-?)0+(?=\d)/,`$1`);default:return e=>e}}function _r(e){if(typeof e==`string`){if(e===``||e.trim().length!==e.length)return e;let t=Number(e);return Number.isNaN(t)?e:t}return e}function vr(e,t,n){if(t===null||Array.isArray(t)||typeof t!=`object`)throw Error(`cannot decode message ${e.$typeName} from JSON: expected object but got ${N(t)}`);if(Object.keys(t).length==0)return;let r=t[`@type`];if(typeof r!=`string`||r==``)throw Error(`cannot decode message ${e.$typeName} from JSON: "@type" is empty`);let i=r.includes(`/`)?r.substring(r.lastIndexOf(`/`)+1):r;if(!i.length)throw Error(`cannot decode message ${e.$typeName} from JSON: "@type" is invalid`);let a=n.registry?.getMessage(i);if(!a)throw Error(`cannot decode message ${e.$typeName} from JSON: ${r} is not in the type registry`);let s=o(a);if(l(a)&&Object.prototype.hasOwnProperty.call(t,`value`))$n(a)(s,t.value,n);else{let e={};for(let n of Object.keys(t))n!==`@type`&&ae(e,n,t[n]);$n(a)(s,e,n)}Gt(a,s,e)}function yr(e,t){if(typeof t!=`string`)throw Error(`cannot decode message ${e.$typeName} from JSON: ${N(t)}`);let n=t.match(/^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?(?:Z|([+-][0-9][0-9]:[0-9][0-9]))$/);if(!n)throw Error(`cannot decode message ${e.$typeName} from JSON: invalid RFC 3339 string`);let r=Date.parse(n[1]+`-`+n[2]+`-`+n[3]+`T`+n[4]+`:`+n[5]+`:`+n[6]+(n[8]?n[8]:`Z`));if(Number.isNaN(r))throw Error(`cannot decode message ${e.$typeName} from JSON: invalid RFC 3339 string`);if(r<mn||r>hn)throw Error(`cannot decode message ${e.$typeName} from JSON: must be from 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z inclusive`);e.seconds=we.parse(r/1e3),e.nanos=0,n[7]&&(e.nanos=parseInt(`1`+n[7]+`0`.repeat(9-n[7].length))-1e9)}function br(e,t){if(typeof t!=`string`)throw Error(`cannot decode message ${e.$typeName} from JSON: ${N(t)}`);let n=t.match(/^(-?[0-9]+)(?:\.([0-9]+))?s/);if(n===null)throw Error(`cannot decode message ${e.$typeName} from JSON: ${N(t)}`);let r=Number(n[1]);if(r>315576e6||r<-315576e6)throw Error(`cannot decode message ${e.$typeName} from JSON: ${N(t)}`);if(e.seconds=we.parse(r),typeof n[2]!=`string`)return;let i=n[2]+`0`.repeat(9-n[2].length);e.nanos=parseInt(i),(r<0||Object.is(r,-0))&&(e.nanos=-e.nanos)}function xr(e,t){if(typeof t!=`string`)throw Error(`cannot decode message ${e.$typeName} from JSON: ${N(t)}`);t!==``&&(e.paths=t.split(`,`).map(t=>{if(t.includes(`_`))throw Error(`cannot decode message ${e.$typeName} from JSON: path names must be lowerCamelCase`);return Me(t)}))}function Sr(e,t,n){if(typeof t!=`object`||!t||Array.isArray(t))throw Error(`cannot decode message ${e.$typeName} from JSON ${N(t)}`);let r=Object.keys(t);for(let i=0;i<r.length;i++){let a=r[i],s=o(Qt);Cr(s,t[a],n),ae(e.fields,a,s)}}function Cr(e,t,n){if(++n.depth>n.recursionLimit)throw Error(`cannot decode ${e.$typeName} from JSON: maximum recursion depth of ${n.recursionLimit} reached`);switch(typeof t){case`number`:e.kind={case:`numberValue`,value:t};break;case`string`:e.kind={case:`stringValue`,value:t};break;case`boolean`:e.kind={case:`boolValue`,value:t};break;case`object`:if(t===null)e.kind={case:`nullValue`,value:en.NULL_VALUE};else if(Array.isArray(t)){let r=o($t);wr(r,t,n),e.kind={case:`listValue`,value:r}}else{let r=o(Zt);Sr(r,t,n),e.kind={case:`structValue`,value:r}}break;default:throw Error(`cannot decode message ${e.$typeName} from JSON ${N(t)}`)}return n.depth--,e}function wr(e,t,n){if(!Array.isArray(t))throw Error(`cannot decode message ${e.$typeName} from JSON ${N(t)}`);for(let r=0;r<t.length;r++){let i=o(Qt);Cr(i,t[r],n),e.values.push(i)}}var Tr=Ke(btoa(`
!kefu/retrieval/v1/knowledge.protokefu.retrieval.v1"¦

Collection\f
name (	
\fdisplay_name (	
document_count (\r
\rpassage_count (\r
curated_answer_count (\r
\bembedder (	/
\vcreate_time\x07 (\v2.google.protobuf.Timestamp/
\vupdate_time\b (\v2.google.protobuf.Timestamp3
\vcalibration	 (\v2.kefu.retrieval.v1.Calibration"·
\vCalibration
\rmin_relevance (5
source (2%.kefu.retrieval.v1.Calibration.Source
answerable_count (\r
\rforeign_count (\r
\banswered (
\x07refused ((
time\x07 (\v2.google.protobuf.Timestamp
	min_apart\b ("I
Source
SOURCE_UNSPECIFIED\0
\rSOURCE_TITLES
SOURCE_QUESTIONS"^
CalibrateCollectionRequest\f
name (	

answerable (	
\x07foreign (	\r
draft (	"R
\x1BCalibrateCollectionResponse3
\vcalibration (\v2.kefu.retrieval.v1.Calibration"F
CreateCollectionRequest
\rcollection_id (	
\fdisplay_name (	"M
CreateCollectionResponse1

collection (\v2.kefu.retrieval.v1.Collection"$
GetCollectionRequest\f
name (	"J
GetCollectionResponse1

collection (\v2.kefu.retrieval.v1.Collection"?
ListCollectionsRequest
	page_size (

page_token (	"f
ListCollectionsResponse2
\vcollections (\v2.kefu.retrieval.v1.Collection
next_page_token (	"'
DeleteCollectionRequest\f
name (	"
DeleteCollectionResponse"@
\vImportStart

collection (	
create (\b\r
draft (	"¾
\rDocumentStart\f
path (	

media_type (	\r
title (	
\blanguage (	\v
uri (	

valid_from (	
\vvalid_until\x07 (	3
kind\b (2%.kefu.retrieval.v1.DocumentStart.Kind

size_bytes	 (-
\baudience
 (2\x1B.kefu.retrieval.v1.Audience@
\bmetadata\v (\v2..kefu.retrieval.v1.DocumentStart.MetadataEntry/
\rMetadataEntry\v
key (	\r
value (	:8"I
Kind
KIND_UNSPECIFIED\0
\rKIND_DOCUMENT
KIND_CURATED_ANSWERS"
ImportDocumentsRequest/
start (\v2.kefu.retrieval.v1.ImportStartH\04
\bdocument (\v2 .kefu.retrieval.v1.DocumentStartH\0
data (\fH\0B
part"
ImportDocumentsResponse5
\bprogress (\v2!.kefu.retrieval.v1.ImportProgressH\03
result (\v2!.kefu.retrieval.v1.DocumentResultH\0B\b
report"
ImportProgress\f
path (	
passages_total (\r
passages_embedded (\r
\vpages_total (\r

pages_read (\r
pages_recognized (\r"ý
DocumentResult\f
path (	:
\x07outcome (2).kefu.retrieval.v1.DocumentResult.Outcome
\bdocument (	
\bpassages (\r
reason (	
\x07message (	7
\vrecognition\x07 (\v2".kefu.retrieval.v1.TextRecognition"¢
\x07Outcome
OUTCOME_UNSPECIFIED\0
OUTCOME_CREATED
OUTCOME_UPDATED
OUTCOME_UNCHANGED
OUTCOME_FAILED
OUTCOME_UNPACKED
OUTCOME_DELETED"v
TextRecognition\r
pages (	

page_count (\r
\rpicture_count (\r
	certainty (
doubtful_pages (	"«
\bDocument\f
name (	\f
path (	\r
title (	
\blanguage (	\v
uri (	

valid_from (	
\vvalid_until\x07 (	
\rpassage_count\b (\r
sha256	 (	/
\vupdate_time
 (\v2.google.protobuf.Timestamp-
\baudience\v (2\x1B.kefu.retrieval.v1.Audience;
\bmetadata\f (\v2).kefu.retrieval.v1.Document.MetadataEntry7
\vrecognition\r (\v2".kefu.retrieval.v1.TextRecognition/
\rMetadataEntry\v
key (	\r
value (	:8"\`
ListDocumentsRequest

collection (	
	page_size (

page_token (	\r
draft (	"\`
ListDocumentsResponse.
	documents (\v2\x1B.kefu.retrieval.v1.Document
next_page_token (	"
\x07Passage\f
name (	\r
title (	
\bheadings (	\f
text (	
\blanguage (	\v
uri (	\f
path\x07 (	\f
page\b (\r-
\baudience	 (2\x1B.kefu.retrieval.v1.Audience:
\bmetadata
 (\v2(.kefu.retrieval.v1.Passage.MetadataEntry/
\rMetadataEntry\v
key (	\r
value (	:8"]
ListPassagesRequest
\bdocument (	
	page_size (

page_token (	\r
draft (	"]
ListPassagesResponse,
\bpassages (\v2.kefu.retrieval.v1.Passage
next_page_token (	"J
DeleteDocumentRequest\f
name (	
\fkeep_history (\b\r
draft (	"
DeleteDocumentResponse"í
\rCuratedAnswer\f
name (	
	questions (	
answer (	
\blanguage (	

valid_from (	
\vvalid_until (	/
\vupdate_time\x07 (\v2.google.protobuf.Timestamp
\bpriority\b (-
\baudience	 (2\x1B.kefu.retrieval.v1.Audience"v
PutCuratedAnswerRequest

collection (	8
curated_answer (\v2 .kefu.retrieval.v1.CuratedAnswer\r
draft (	"f
PutCuratedAnswerResponse8
curated_answer (\v2 .kefu.retrieval.v1.CuratedAnswer
\bwarnings (	"e
ListCuratedAnswersRequest

collection (	
	page_size (

page_token (	\r
draft (	"p
ListCuratedAnswersResponse9
curated_answers (\v2 .kefu.retrieval.v1.CuratedAnswer
next_page_token (	"9
DeleteCuratedAnswerRequest\f
name (	\r
draft (	"
\x1BDeleteCuratedAnswerResponse"
\rSearchRequest
\vcollections (	\r
query (	\r
top_k (\r
as_of (	
\x07history (	-
\baudience (2\x1B.kefu.retrieval.v1.Audience
	languages\x07 (	*
\x07filters\b (\v2.kefu.retrieval.v1.Filter
with_embedding
 (\b\r
draft\v (	
\x07version\f (	"$
Filter\v
key (	\r
value (	"á
\x07Signals
cosine (\f
bm25 (
\bcoverage (

dense_rank (\r
\flexical_rank (\r
\vhead_cosine (
head_is_question\x07 (\b
other_language\b (\b
rerank	 (H\0
\rmin_relevance
 (B	
\x07_rerank"Ô
	SearchHit+
\x07passage (\v2.kefu.retrieval.v1.Passage\r
score (
	relevance (+
\x07signals (\v2.kefu.retrieval.v1.Signals
\rsame_passages (	
instructions_from (\rH\0B
_instructions_from"Î
\fCuratedMatch8
curated_answer (\v2 .kefu.retrieval.v1.CuratedAnswer
\bquestion (	
cosine (
\x07applies (\b
reason (	
question_words (	
\vquery_words\x07 (	
\fleast_cosine\b ("
SearchResponse*
hits (\v2.kefu.retrieval.v1.SearchHit6
\rcurated_match (\v2.kefu.retrieval.v1.CuratedMatch
query_language (	(
embed (\v2.google.protobuf.Duration(
total (\v2.google.protobuf.Duration
\fused_history (\b
\brevision\b (	
query_embedding	 (\f\r
apart
 (
	min_apart\v (
instruction_score\f (H\0
\x07read_as\r (	
\x07version (	B
_instruction_score"/
\fEmbedRequest\r
texts (	
\bpassages (\b"S
\rEmbedResponse0

embeddings (\v2.kefu.retrieval.v1.Embedding
\bembedder (	"6
CompareTextsRequest
\bquestion (	\r
texts (	"9
CompareTextsResponse
\x07cosines (
\bembedder (	"G
ReadTextsRequest
\bquestion (	\r
texts (	

known_only (\b"4
ReadTextsResponse
\x07answers (
reader (	"\x1B
	Embedding
values ("K

Dictionary\f
text (	/
\vupdate_time (\v2.google.protobuf.Timestamp"l
PutDictionaryRequest

collection (	1

dictionary (\v2.kefu.retrieval.v1.Dictionary\r
draft (	"J
PutDictionaryResponse1

dictionary (\v2.kefu.retrieval.v1.Dictionary"9
GetDictionaryRequest

collection (	\r
draft (	"J
GetDictionaryResponse1

dictionary (\v2.kefu.retrieval.v1.Dictionary"X
ReadFileRequest-
start (\v2.kefu.retrieval.v1.FileStartH\0
data (\fH\0B
part"
	FileStart

size_bytes ("m
ReadFileResponse+
read (\v2\x1B.kefu.retrieval.v1.FileReadH\0
\x07content (\fH\0
\x07preview (\fH\0B
part"Æ
\bFileRead

media_type (	\r
width (\r
height (\r\r
pages (\r4
\x07reading (2#.kefu.retrieval.v1.FileRead.Reading8

page_texts (\v2$.kefu.retrieval.v1.FileRead.PageText&
\bPageText\f
page (\r\f
text (	"\`
\x07Reading
READING_UNSPECIFIED\0
\fREADING_TEXT
READING_NOTHING
READING_NO_READER*O
\bAudience
AUDIENCE_UNSPECIFIED\0
AUDIENCE_EVERYONE
AUDIENCE_STAFF2
KnowledgeServicek
CreateCollection*.kefu.retrieval.v1.CreateCollectionRequest+.kefu.retrieval.v1.CreateCollectionResponseb
\rGetCollection'.kefu.retrieval.v1.GetCollectionRequest(.kefu.retrieval.v1.GetCollectionResponseh
ListCollections).kefu.retrieval.v1.ListCollectionsRequest*.kefu.retrieval.v1.ListCollectionsResponsek
DeleteCollection*.kefu.retrieval.v1.DeleteCollectionRequest+.kefu.retrieval.v1.DeleteCollectionResponset
CalibrateCollection-.kefu.retrieval.v1.CalibrateCollectionRequest..kefu.retrieval.v1.CalibrateCollectionResponsel
ImportDocuments).kefu.retrieval.v1.ImportDocumentsRequest*.kefu.retrieval.v1.ImportDocumentsResponse(0b
\rListDocuments'.kefu.retrieval.v1.ListDocumentsRequest(.kefu.retrieval.v1.ListDocumentsResponse_
\fListPassages&.kefu.retrieval.v1.ListPassagesRequest'.kefu.retrieval.v1.ListPassagesResponsee
DeleteDocument(.kefu.retrieval.v1.DeleteDocumentRequest).kefu.retrieval.v1.DeleteDocumentResponsek
PutCuratedAnswer*.kefu.retrieval.v1.PutCuratedAnswerRequest+.kefu.retrieval.v1.PutCuratedAnswerResponseq
ListCuratedAnswers,.kefu.retrieval.v1.ListCuratedAnswersRequest-.kefu.retrieval.v1.ListCuratedAnswersResponset
DeleteCuratedAnswer-.kefu.retrieval.v1.DeleteCuratedAnswerRequest..kefu.retrieval.v1.DeleteCuratedAnswerResponseM
Search .kefu.retrieval.v1.SearchRequest!.kefu.retrieval.v1.SearchResponseJ
Embed.kefu.retrieval.v1.EmbedRequest .kefu.retrieval.v1.EmbedResponse_
\fCompareTexts&.kefu.retrieval.v1.CompareTextsRequest'.kefu.retrieval.v1.CompareTextsResponseV
	ReadTexts#.kefu.retrieval.v1.ReadTextsRequest$.kefu.retrieval.v1.ReadTextsResponseW
\bReadFile".kefu.retrieval.v1.ReadFileRequest#.kefu.retrieval.v1.ReadFileResponse(0b
\rPutDictionary'.kefu.retrieval.v1.PutDictionaryRequest(.kefu.retrieval.v1.PutDictionaryResponseb
\rGetDictionary'.kefu.retrieval.v1.GetDictionaryRequest(.kefu.retrieval.v1.GetDictionaryResponsebproto3`),[Ae,Pe]),Er=E(Tr,15),Dr=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.CREATED=1]=`CREATED`,e[e.UPDATED=2]=`UPDATED`,e[e.UNCHANGED=3]=`UNCHANGED`,e[e.FAILED=4]=`FAILED`,e[e.UNPACKED=5]=`UNPACKED`,e[e.DELETED=6]=`DELETED`,e}({}),Or=E(Tr,27),kr=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.EVERYONE=1]=`EVERYONE`,e[e.STAFF=2]=`STAFF`,e}({}),Ar=Ie(Tr,0),jr={conversationsTitle:`Conversations`,conversationsMore:`Everything Kefu has said, including conversations it handled on its own. They are kept as long as sessions are.`,findWords:`Words in a question or its answer`,filterSource:`Answered by`,filterRating:`Rating`,filterReason:`Handed over`,filterSince:`Asked`,whichever:`Any`,handedOverAny:`For whatever reason`,unrated:`Not rated`,filterChecked:`Checked or replaced`,filterLowSupport:`Low support`,filterReopened:`Reopened`,filterAction:`Done by an action`,noConversations:`No conversations match these filters`,noConversationsMore:`Remove a filter, or choose a longer period.`,lookedAt:`Conversations searched: {n}`,lookFurther:`Search further back`,moreTurns:`{n} more matching messages`,allConversations:`All conversations`,openInInbox:`Open in the inbox`,conversationOf:`Conversation of {time}`,markReplaced:`Replaced`,markChecked:`Held back`,markLowSupport:`Support {value}`,markReopened:`Reopened`,markAction:`By {action}`,whyAsk:`Why?`,whyOf:`Why? “{question}”`,whyDecision:`Decided`,decisionHandOver:`Hand over to a person`,decisionReplyToFiles:`Reply to the files`,decisionRefuse:`Refuse the topic`,decisionGiveCanned:`Fixed reply`,decisionAskAgain:`Ask again`,decisionTurnDown:`Turn down`,decisionGiveCurated:`Curated answer`,decisionGiveCached:`Answer from the cache`,decisionClarify:`Ask back`,decisionGiveEvidence:`The pages' own words`,decisionGiveExcerpt:`Excerpt of a page`,decisionGenerate:`Answer by the model`,decisionAct:`Action or procedure`,decisionContinue:`Go on with another router's answer`,decisionSettle:`Yes or no to a change`,whyProfile:`Answer profile`,profileEvidence:`the pages' own words`,profileChoice:`the pages' own words, chosen by the model`,profileFull:`written by the model, figures and codes proven`,profileVerified:`written by the model, each sentence checked again`,profileUnchecked:`as the engine wrote it`,whyModel:`Model`,whyTimes:`Times`,whyBrownOut:`Under load`,whyLevel:`Level {n}`,timeQueue:`waited {time}`,timeSearch:`search {time}`,timeFirst:`first text {time}`,timeTotal:`in all {time}`,timeModel:`model {time}`,whyFound:`What was found`,whyQuery:`Searched for`,whyReadAs:`Understood as`,whyHistory:`Read together with the previous question`,whyRelevance:`Relevance`,whyNeeded:`Needed`,whyNothing:`Nothing was searched: the message itself decided.`,whyNothingFound:`Nothing was found.`,whyTooClose:`The best documents are about equally good ({apart} apart, {wanted} needed).`,whyInstructs:`It tells an assistant what to say, so it is not used as evidence.`,whyCurated:`Nearest curated answer`,whyCuratedApplies:`It applies`,whyCuratedNot:`It does not apply: {reason}`,whyCosine:`cosine {value}, {wanted} needed`,whyEvidence:`Evidence`,whyBears:`Probably an answer: {value}`,whyBearsNot:`Unlikely to be an answer: {value}`,whyChosen:`Chosen`,whyNotChosen:`Not chosen`,whyComputed:`Computed: {text}`,whyChecks:`What the checks said`,whyPassed:`Every sentence passed.`,whyFailed:`Did not pass “{check}”`,whyLiteral:`Not in the evidence: {literal}`,whyInstead:`Said instead, or after it: {what}`,whyContinued:`Replicas that failed mid-answer: {n}`,whyActions:`Actions it may have asked for`,whyRead:`Details found in the message`,correct:`Correct this answer`,correctCurated:`Write a curated answer`,correctDocument:`Edit the document`,saidFiles:`Files without a message`,correctGolden:`Make a golden question`,wouldHit:`Would have answered`,wouldHitNone:`None of the recent questions. Conversations searched: {n}`,wouldHitCheck:`Which questions would it answer?`,wouldHitTimes:`× {n}`,review:`Review`,reviewMore:`Each day a person judges a sample of the answers. What this says about all answers is shown below, with its confidence interval.`,reviewDay:`Day (UTC)`,reviewKeys:`Keys: 1 right, 2 half, 3 wrong, 4 unsafe; J and K for next and previous`,noSample:`No answers to review on this day`,noSampleMore:`Choose another day. Conversations are kept as long as sessions are.`,sampleOpen:`The day is not over yet, so its sample may still change.`,verdictRight:`Right`,verdictHalf:`Half`,verdictWrong:`Wrong`,verdictUnsafe:`Unsafe`,verdictNone:`Not judged`,judgedBy:`{verdict}, by {name}`,takeVerdictBack:`Undo verdict`,reviewNote:`Note`,reviewNoteHint:`Optional, sent with the verdict. It is erased with the conversation.`,answerGone:`This conversation no longer exists.`,stratumReplaced:`Replaced`,stratumLowSupport:`Low support`,stratumReopened:`Reopened`,stratumLong:`Long conversation`,stratumOrdinary:`Drawn at random`,stratum:`Stratum`,answersOf:`Answers`,drawnOf:`Drawn`,numbersOfReviews:`What reviews say`,numbersOfReviewsMore:`Last 7 days; {judged} of {answers} judged`,noReviews:`Nothing has been judged in the last 7 days.`,resolvedByReview:`Resolved by review`,resolvedByReviewMore:`{low} to {high}, {n} judged`,resolvedByReviewNone:`Nothing judged yet`,shareInterval:`{share} ({low} to {high})`,ofAllQuestions:`Resolved, of all questions`,ofAllAnswersRight:`Right, of all answers`},Mr={experiments:`Experiments`,experimentsMore:`A share of new conversations is answered from a draft, and their results are compared with those of the others.`,noExperiments:`No experiments yet.`,experimentRuns:`Running`,experimentStopped:`Stopped`,experimentPromoted:`Draft promoted`,experimentPlanned:`Finished`,experimentDraftGone:`The draft no longer exists`,experimentSince:`{share} of new conversations since {time}`,experimentBetter:`More is resolved with the draft.`,experimentWorse:`Less is resolved with the draft.`,experimentUndecided:`No clear difference yet.`,experimentTest:`Difference in what is resolved, draft minus live: {difference} ({low} to {high}). However often you look, a difference that does not exist is shown at most {rate} of the time.`,experimentCounted:`{n} of {most} counted. A conversation counts once nobody has written in it for half an hour.`,armDraft:`Draft`,armLive:`Live`,armWhat:`Result`,armConversations:`Conversations`,armResolved:`Resolved`,armHandedOver:`Handed over`,armRatedDown:`Rated down`,armFirstText:`First text, 95 % within`,armShare:`{share} ({low} to {high})`,experimentFellBack:`Messages in the draft's group that were answered from the live version because the draft could not be used: {n}.`,experimentLeftOut:`Left out: from customers already counted: {repeated}; without a question: {without}.`,experimentStart:`Start an experiment`,experimentDraft:`Draft`,experimentDraftHint:`For example collections/help/drafts/…`,experimentNoDrafts:`An experiment needs an open draft, and there is none.`,experimentShare:`Share of new conversations (%)`,experimentShareHint:`1 to 50. Conversations already under way are not affected.`,experimentMost:`End after this many conversations`,experimentTitle:`Title`,experimentStop:`Stop`,experimentStopMore:`Conversations in the draft's group continue with the live version. Those still open are not counted.`,experimentPromote:`Promote the draft`,experimentPromoteMore:`Everybody is answered from {draft}, and the experiment ends. A draft that is held cannot be promoted.`,experimentEarlier:`Earlier experiments`,failExperimentRuns:`An experiment is already running; stop it first.`,failExperimentNotFound:`This experiment no longer exists.`},Nr={golden:`Golden questions`,goldenMore:`Questions whose answers must stay right. They are asked whenever you like, for every draft whose check is requested, and every night.`,goldenRuns:`Runs`,newGolden:`New question`,noGolden:`No golden questions yet`,noGoldenMore:`Make one from an answer, write one, or import a questions.jsonl.`,goldenLost:`answers lost in the last run`,runGolden:`Ask all`,runThis:`Ask this one`,stopRun:`Stop the run?`,stopRunMore:`Leaving this page stops it. Questions not yet asked will not be asked.`,stopAndLeave:`Stop and leave`,asking:`Asking: {judged} of {questions}`,goldenNotAsked:`Not asked yet`,onlyRed:`Only failures`,verdict:`Verdict`,goldenVerdictRight:`Right`,goldenVerdictHalf:`Partly right`,goldenVerdictWrong:`Wrong`,verdictRefused:`Refused`,verdictAskedBack:`Asked back`,goldenVerdictNone:`Not asked`,change:`Change`,changeLost:`Lost`,changeGained:`Gained`,changeStillWrong:`Still wrong`,changeStillRight:`Still right`,changeNone:`Nothing to compare with`,whyVerdict:`Why`,answerNow:`Now`,answerBefore:`Before`,answerDraft:`Draft`,answerLive:`Live`,noAnswerBefore:`There is no earlier answer.`,nothingSaid:`Nothing was said.`,answerForgotten:`The text is no longer kept.`,askedTwice:`Asked twice`,bothAnswers:`Both answers, side by side`,goldenFoundIn:`Found in: {titles}`,calledPerson:`A person would be called: {reason}`,runOf:`Run of {time}`,backToRuns:`All runs`,noRuns:`No runs yet`,runOver:`Over`,overLive:`live`,runTrigger:`Started by`,triggerDraft:`a draft’s check`,triggerNight:`the nightly run`,runRunning:`running`,runFinished:`finished`,runStopped:`stopped early`,runSummary:`{right} of {questions} right. Lost: {lost}, gained: {gained}, still wrong: {wrong}, not asked: {none}.`,lostCount:`Lost`,gainedCount:`Gained`,rightCount:`Right`,showStillRight:`Show those that are still right: {n}`,nothingChanged:`No answer was lost or gained.`,goldenQuestion:`Question`,goldenQuestionHint:`As a customer asks it. No personal data: it is kept.`,goldenBefore:`Earlier messages`,goldenBeforeHint:`What the customer wrote earlier in the same conversation, one per line, oldest first.`,goldenMust:`Must be said`,goldenMustHint:`One per line, with | between ways to say the same: 7 days | seven days`,goldenMustNot:`Must not be said`,goldenMustNotHint:`One per line: what would make the answer wrong.`,goldenPolarity:`Yes or no`,goldenPolarityHint:`Whether what is asked about is the case, however the question is put.`,polarityNone:`Not a yes-or-no question`,polarityYes:`Yes, it is`,polarityNo:`No, it is not`,goldenPerson:`A person`,personNo:`is not needed: the pages have the answer`,personAllowed:`may be called`,personRequired:`must be called`,goldenNote:`The right answer, in one sentence`,goldenCollections:`Collections`,goldenAllCollections:`all collections`,goldenAnsweredThen:`What Kefu answered at the time`,goldenFromTurn:`Made from an answer. Check it, then save it.`,goldenNeedsMust:`Say what must or must not be said, yes or no, or that a person must be called; otherwise any answer would be right.`,goldenSaved:`Saved. It counts from the next run on.`,goldenDeleteMore:`“{text}” will no longer be asked.`,importGolden:`Import`,exportGolden:`Export`,importGoldenMore:`A questions.jsonl: one JSON object per line, as described in docs/guides/evaluation.md. Questions of the same name are replaced.`,chooseFile:`File`,importedGolden:`{count} questions stored.`,importedGolden_one:`1 question stored.`,importRefused:`Nothing was imported. Correct these lines:`,lineWrong:`Line {n} {text}.`,makeGolden:`Keep as a golden question`,makeGoldenOf:`Keep as a golden question: “{question}”`,failGoldenNotFound:`This golden question no longer exists.`,failGoldenRunNotFound:`This run is no longer kept.`,eventGolden:`Golden answers lost`},Pr={sourcesTab:`Sources`,sourcesMore:`Sites, feeds and other systems that Kefu reads by itself. If a page cannot be read, its last good copy stays.`,newSource:`New source`,noSources:`No sources yet`,noSourcesMore:`A source keeps this collection in step with a site, a repository or another system.`,sourceOf:`Source`,sourceDocuments:`Documents`,sourceNext:`Next run`,sourceLast:`Last run`,sourceWhenAsked:`on demand`,sourcePaused:`Paused`,sourceNever:`never run`,sourceRun:`Run now`,sourceRuns:`Runs of {name}`,sourceRunsButton:`Runs`,sourceEdit:`Edit`,sourceDelete:`Delete`,sourceDeleteTitle:`Delete {name}?`,sourceDeleteMore:`The history of its runs is deleted. Its documents stay unless you delete them too.`,sourceDeleteDocuments:`Delete its documents too`,sourceHeldNotice:`A run is on hold, and nothing has been changed: {name}. {reason}`,sourceReview:`Review`,sourceApprove:`Approve`,sourceDismiss:`Dismiss`,sourceCompare:`Difference`,sourceDifference:`What would change in {address}`,sourceToken:`Whoever calls this address (POST) starts the source. It is not shown again:`,syncQueued:`Waiting`,syncRunning:`Running: {seen} read; {applied} of {total} imported or deleted`,syncDone:`Applied`,syncHeld:`Held`,syncFailed:`Failed`,syncDismissed:`Dismissed`,syncSuperseded:`Replaced by a later one`,syncBegan:`Started`,syncOutcomeAdded:`added`,syncOutcomeChanged:`changed`,syncOutcomeMoved:`moved`,syncOutcomeGone:`removed`,syncOutcomeFailed:`failed`,syncOutcomeMissing:`missing`,syncOutcomeForbidden:`forbidden`,syncOutcomeUnchanged:`unchanged`,syncOutcomeWhy:`Why`,syncOutcomeAddress:`Address`,syncOutcomeMovedFrom:`was {address}`,sourceKind:`Kind`,kindSitemap:`Sitemap`,kindCrawl:`Site, following links`,kindGit:`Git repository`,kindFeed:`Feed (RSS, Atom)`,kindFolder:`Folder on the server`,kindS3:`S3 bucket`,kindRest:`Another system, by a recipe`,sourceName:`ID`,sourceNameHint:`a-z, 0-9 and “-”, starting with a letter, such as help-centre. It cannot be changed later.`,sourceAddress:`Address`,sourcePath:`Folder path`,sourcePrefix:`Only addresses beginning with`,sourceFolder:`Folder within it`,sourceBucket:`Bucket`,sourceRecipe:`Recipe`,sourceSettings:`Settings, one per line`,sourceSettingsHint:`For example {example}`,sourceEvery:`Runs every … hours`,sourceEveryHint:`Leave empty to run it on demand.`,sourceSecret:`Secret`,sourceSecretHint:`Its name begins with source-. Secrets are stored on the Actions page.`,sourceStaff:`Documents for staff only`,sourcePause:`Paused: runs on demand only`,sourceUnchecked:`Changes go live without asking the golden questions`},Fr={ocr:`Text recognition`,ocrPages:`pages {pages}`,ocrPages_one:`page {pages}`,ocrPictures:`{count} pictures`,ocrPictures_one:`1 picture`,ocrAnd:` and `,ocrRead:`{what} read by OCR, {percent} % sure`,ocrDoubtful:`Compare with the original: {pages}`,phaseReading:`Reading page {read} of {count}`,phaseReading_one:`Reading page {read} of 1`},Ir={drafts:`Drafts`,draftsMore:`A draft is a copy of this collection. Change it, try it out, and promote it when it is right. Until then customers see none of it.`,newDraft:`New draft`,draftTitle:`What it is for`,noDrafts:`No open drafts`,noDraftsMore:`Make one to change documents and curated answers without customers seeing it.`,closedDrafts:`Closed drafts`,versionsHead:`Versions`,versionsMore:`What customers are answered from now, and what they were answered from before. Rolling back takes effect at once.`,versionOriginal:`The collection as first imported`,liveNow:`Live`,liveUntil:`Live until {time}`,rollBack:`Roll back`,rollBackNamed:`Roll back to “{title}”`,rollBackMore:`Customers are answered from it at once. The version that is live now is kept.`,rolledBack:`“{title}” is live.`,draftState:`State`,draftOpen:`Open`,draftChecking:`Being checked`,draftHeld:`Held`,draftPromoted:`Promoted`,draftDiscarded:`Discarded`,draftOutdated:`The live version has changed since`,draftOutdatedMore:`The live version has changed since this draft was made. Bring in those changes before you promote it.`,draftChanges:`Changes`,draftCounts:`{added} added, {changed} changed, {deleted} deleted`,draftNoChanges:`No changes yet`,draftNoChangesMore:`Add documents here, or import into it with kefu import -c {collection} --draft {id}.`,draftMade:`Created`,allDrafts:`All drafts`,addToDraft:`Add or replace documents`,addedToDraft:`{count} documents are in the draft.`,addedToDraft_one:`1 document is in the draft.`,refreshDraft:`Bring in live changes`,refreshedDraft:`Brought in: {taken}. In conflict, kept as in the draft: {conflicts}.`,promoteDraft:`Promote`,promoteDraftTitle:`Answer customers from this draft?`,promoteDraftMore:`It is live on every replica within a second. The previous version is kept, and you can roll back.`,promotedDraft:`It is live.`,discardDraft:`Discard`,discardDraftTitle:`Discard this draft?`,discardDraftMore:`Everything changed in it is lost. This cannot be undone.`,draftHeldMore:`The last check: {passed} passed, {failed} failed. Fix the draft, or promote it and say why.`,draftCheckedMore:`The last check: {passed} passed, {failed} failed.`,draftCheckOld:`The draft has changed since.`,draftLost:`Questions that would lose their answer`,promoteUnchecked:`Why promote it before its check has ended?`,promoteAlthough:`Why promote it although its check failed?`,changeAdded:`New`,changeChanged:`Changed`,changeDeleted:`Deleted`,changeConflict:`Changed in the live version too`,changeWhat:`Change`,changeDictionary:`Words and synonyms`,showChange:`Show what changes`,showChangeNamed:`Show what changes in {name}`,changeOf:`What changes in {name}`,tryDraft:`Try a question`,tryDraftMore:`The same search in the live version and in the draft.`,tryLive:`Live`,tryDraftSide:`This draft`,history:`History`,historyMore:`Who changed this document, and when. Up to 20 revisions are kept.`,historyDeleted:`Deleted`,historyFromDraft:`Promoted with a draft`,historyFromVersion:`Another version went live`,historyRestored:`Restored from revision {n}`,historyUnknown:`Somebody`,keepHistory:`Keep its history for 30 days so that it can be restored`},Lr={procedures:`Procedures`,proceduresMore:`How customers are to be served, step by step. Kefu follows a procedure within seconds of it being saved.`,newProcedure:`New procedure`,noProcedures:`No procedures yet`,noProceduresMore:`A procedure says what to ask, look up, say and do, and when.`,procedure:`Procedure`,revision:`Revision`,revisionIs:`Revision {n}`,changed:`Changed`,stateOf:`State`,inForce:`OK`,notStored:`Not saved yet`,unsaved:`Unsaved changes`,errorCount:`{count} errors`,errorCount_one:`1 error`,warningCount:`{count} warnings`,warningCount_one:`1 warning`,procedureName:`Name`,procedureNameHint:`a-z, 0-9 and “-”, starting with a letter, such as cancel-order. It cannot be changed later.`,procedureExists:`A procedure of this name already exists: open that one, or choose another name.`,mainAction:`What is to be done`,mainActionHint:`The procedure begins with this action. If you leave it out, put its name in place of “{placeholder}” later.`,actionLater:`Fill in later`,page:`Page`,revisions:`Revisions`,simulation:`Simulation`,backToProcedures:`All procedures`,pageHint:`Markdown with the sections When, Steps, Never and Notes. Ctrl + S saves.`,cursorLine:`Line {n} of {lines}`,findings:`Findings`,checking:`Checking…`,noFindings:`No problems found.`,findingsAre:`{errors}, {warnings}`,lineError:`Line {n}: error:`,lineWarning:`Line {n}: warning:`,lineIs:`Line {n}`,goToLine:`Go to line {n}`,flow:`Flow`,flowMore:`The steps as Kefu understands them.`,noSteps:`No steps recognised yet`,kindAsk:`Ask`,kindLookUp:`Look up`,kindIf:`If`,kindOtherwise:`Otherwise`,kindSay:`Say`,kindDo:`Do`,kindHandOver:`Hand over`,kindEnd:`End`,kindUnknown:`Step`,procedureSaved:`Saved as revision {n}.`,mendFirst:`Not saved: the page has an error. The cursor is at the first one.`,procedureStale:`Not saved: somebody else has saved another revision meanwhile. Your text is still here.`,procedureGone:`Somebody else has deleted this procedure. Your text is still here; saving it creates the procedure again.`,compareStale:`Compare the two`,compareStaleTitle:`The saved page and your text`,compareStaleMore:`“−” marks lines of the saved page, “+” yours. If you keep your text and save it, it replaces the saved page, which remains as a revision.`,keepMine:`Keep my text`,takeStored:`Use the saved page`,discard:`Discard changes`,discardMore:`What you have changed since revision {n} will be lost.`,discardNew:`This procedure has not been saved yet: all of it will be lost.`,deleteProcedure:`Delete this procedure?`,deleteProcedureMore:`“{title}” is deleted with all its revisions, and Kefu no longer follows it. This cannot be undone.`,revisionsMore:`The last 50, newest first.`,noRevisions:`No revisions yet: it has not been saved.`,current:`In force`,fromRevision:`From revision`,toRevision:`To revision`,whatChanged:`What changed`,whatChangedIn:`What changed in revision {n}`,restore:`Restore`,restoreNamed:`Restore revision {n}`,restoreTitle:`Restore revision {n}?`,restoreMore:`Its page is saved again as a new revision; the current one stays in this list.`,restoreUnsaved:`Your unsaved changes will be lost.`,restored:`Restored as revision {n}.`,difference:`Difference`,differenceBetween:`Difference between revisions {from} and {to}`,sameText:`The two are the same.`,lineAdded:`added:`,lineRemoved:`removed:`,linesSame:`{count} lines unchanged`,linesSame_one:`1 line unchanged`,linesChanged:`{added} added, {removed} removed`,oldLine:`Old line`,newLine:`New line`,simulationMore:`Made-up customers go through the page as it is in the editor, in every situation its conditions distinguish. Nothing is looked up or changed in any system.`,simulate:`Simulate`,simulating:`The customers are talking to Kefu…`,simulated:`{count} conversations`,simulated_one:`1 conversation`,simulatedWrong:`{conversations}; {wrong} went wrong`,simulatedGood:`{conversations}; none went wrong.`,unreached:`Steps that were never reached`,allReached:`Every step was reached.`,conversations:`Conversations`,wentWrong:`Went wrong`,wentWell:`Went well`,outcome:`Outcome`,outcomeChanged:`something was changed`,outcomeAnswered:`answered`,outcomePerson:`handed to a person`,outcomeAsked:`Kefu was still asking`,changesMade:`Changes (not really made)`,offered:`Offered`,actions:`Actions`,actionsMore:`What Kefu can look up and do in your own systems. Administrators write them, with kefu actions.`,noActions:`No actions yet`,noActionsMore:`An administrator adds them at the command line: kefu actions put FILE.`,action:`Action`,risk:`What it does`,actionReads:`Looks up`,actionWrites:`Changes something`,actionMovesMoney:`Moves money`,calls:`Calls`,inputs:`Inputs`,fromCustomer:`{name} (from the signed-in customer)`,askedBy:`Asked for by`,intentsAre:`Intents: {intents}`,exampleCount:`{count} example messages`,exampleCount_one:`1 example message`,byOthersOnly:`Only through other actions`,signedInOnly:`Signed-in customers only`,asJson:`As JSON`,tryAction:`Try it`,tryActionMore:`The system is called as for this customer. Nothing is changed: an action that changes something is only previewed.`,customerSubject:`Customer (sub)`,tryLanguage:`Language`,trying:`Calling…`,tryStatus:`HTTP status`,tryAnswer:`What would be said`,tryResult:`What is used from the result`,sayNothing:`(nothing)`,secrets:`Secrets`,secretsMore:`Actions refer to them as {secret:NAME}. A value can be written and replaced, but is never shown.`,noSecrets:`No secrets yet`,addSecret:`Store a secret`,secretId:`Name`,secretIdHint:`a-z, 0-9 and “-”, starting with a letter. A secret of the same name is replaced.`,secretValue:`Value`,secretValueHint:`One line. For a value of several lines, such as a PEM key, use kefu secrets put.`,secretStored:`“{name}” is stored.`,deleteSecret:`Delete this secret?`,deleteSecretMore:`Whatever uses “{name}” will fail from then on. This cannot be undone.`,failProcedureNotFound:`This procedure or revision no longer exists.`,failActionNotFound:`This action no longer exists.`,failSecretNotFound:`This secret no longer exists.`},Rr={...jr,...Nr,...Pr,...Lr,...Mr,...Fr,...Ir,deskTitle:`Kefu desk`,deskOf:`{title}: desk`,sections:`Sections`,skip:`Skip to content`,loading:`Loading…`,retry:`Try again`,close:`Close`,cancel:`Cancel`,create:`Create`,save:`Save`,saving:`Saving…`,savedWithWarnings:`Saved, but look at this`,saved:`Saved. Changes take effect within seconds.`,edit:`Edit`,editNamed:`Edit “{title}”`,delete:`Delete`,deleteNamed:`Delete “{title}”`,search:`Search`,none:`Nothing yet`,count:`Count`,share:`Share`,time:`Time`,seconds:`{n} s`,minutes:`{n} min`,hours:`{n} h`,hoursMinutes:`{n} h {m} min`,days:`{n} d`,languageUnknown:`unknown`,inbox:`Inbox`,unanswered:`Unanswered`,knowledge:`Knowledge`,numbers:`Numbers`,settings:`Settings`,wantYou:`need your attention`,callsFor:`Waiting for you: {n}`,signIn:`Sign in`,signInMore:`For the people who answer customers and look after the knowledge base.`,signInCompany:`Sign in with your company account`,signOut:`Sign out`,key:`Key`,keyHint:`A key with the role agent (the inbox), lead (knowledge, procedures, numbers and settings, too) or admin. It is kept in this tab only.`,yourName:`What is your name?`,yourNameMore:`Colleagues see it, and so do customers when you write to them.`,name:`Name`,goOn:`Continue`,changeName:`Change name`,troubleRefused:`This key is not valid. It may have been revoked, or part of it is missing.`,troubleStranger:`This key may not work at the desk: it has none of the roles agent, lead and admin. Ask whoever made it for another one.`,troubleUnreachable:`The server cannot be reached. Check the connection, then try again.`,troubleProvider:`Signing in with the company account did not work. Try again, or use a key.`,troubleAccountRefused:`You signed in with your company account, but the token it returned is not meant for this desk, or is no longer valid. Please tell your administrator.`,troubleAccountStranger:`Your company account has no role at this desk. Ask whoever manages accounts for one, or sign in with another account.`,troubleAccountEnded:`Your session has ended. Sign in again; your drafts are still here.`,noScope:`Your key lacks the scope “{scope}”`,noScopeMore:`This page needs it. Ask whoever made your key for one that has “{scope}”, then sign in again.`,theme:`Colours`,themeAuto:`System default`,themeLight:`Light`,themeDark:`Dark`,soundOn:`Sound on`,soundOff:`Sound off`,waiting:`Waiting`,mine:`Mine`,colleaguesHold:`With colleagues`,nobodyWaits:`Nobody is waiting.`,noneMine:`You have no open conversations.`,noneColleagues:`Your colleagues have none.`,present:`At the desk`,you:`{name} (you)`,holds:`{count} conversations`,holds_one:`1 conversation`,beganWith:`First: {text}`,noTitle:`Conversation`,waitsFor:`waiting for`,waitsSince:`Waiting for {time}`,escalated:`Waiting too long`,uninvited:`Not handed over`,uninvitedMore:`Kefu did not hand this conversation over.`,chooseConversation:`Choose a conversation`,chooseConversationMore:`Those who have waited longest come first.`,endedConversations:`Ended`,noneEnded:`No conversations have been returned or closed recently.`,conversation:`Conversation`,conversationGone:`This conversation no longer exists.`,backToInbox:`Back to the inbox`,connectionLost:`The connection was lost; reconnecting. What you see may be out of date.`,messages:`Messages`,newMessages:`New messages`,showEarlier:`Show earlier messages ({n})`,customer:`Customer`,kefu:`Kefu`,handedOver:`Handed over`,stillWriting:`writing`,sources:`Sources`,openCard:`Open (in a new tab)`,ratedUp:`Rated helpful`,ratedDown:`Rated not helpful`,heldByMe:`Held by you`,heldBy:`Held by {agent}`,takeOver:`Take over`,takeOverFrom:`Take over from {agent}`,takeOverMore:`{agent} is answering this customer. If you take over, what they are writing can no longer be sent.`,takeBack:`Take over`,returnToKefu:`Return to Kefu`,passOn:`Pass on to a colleague`,closeConversation:`Close conversation`,closeMore:`Nobody can answer in a closed conversation, not even Kefu. The customer has to start a new one.`,closedMore:`This conversation is closed.`,returnUnanswered:`Return without a reply?`,returnUnansweredMore:`The customer is still waiting for a first reply, and Kefu had no answer to what they asked. If you return the conversation now, nobody answers it.`,withdrawn:`Shown to the customer, then withdrawn`,select:`Select`,selectDone:`Done`,selectAll:`All`,selectBy:`Select`,selectConversation:`Select “{title}”`,closeSelected:`Close {count} conversations`,closeSelected_one:`Close 1 conversation`,closeSelectedMore:`These customers will get no further answer, not even from Kefu, and will see that the conversation is closed. This cannot be undone.`,closingSelected:`{done} of {count} closed`,closedSelected:`{count} conversations closed.`,closedSelected_one:`1 conversation closed.`,skippedSelected:`{count} were taken over or closed by somebody else meanwhile and were left alone.`,skippedSelected_one:`1 was taken over or closed by somebody else meanwhile and was left alone.`,failAlreadyClaimed:`{agent} has taken this conversation over.`,claimLapsed:`The conversation is no longer yours: the customer waited too long, or it was given back.`,draftKept:`Your message was not sent; it is still below.`,reply:`Reply`,replyPlaceholder:`Write to the customer`,replyHint:`Ctrl + Enter to send`,claimToReply:`Take over the conversation to reply.`,characters:`{n} of {most} characters`,send:`Send`,aboutConversation:`About this conversation`,why:`Why a person was called`,outOfHours:`Outside business hours`,toldAlready:`Details given so far`,passagesTried:`Found, but not enough`,language:`Language`,user:`Customer ID`,begun:`Started`,customerKnown:`Customer`,customerSub:`ID at the shop`,verifiedByToken:`Verified by the shop's sign-in`,verifiedByEmail:`Verified by e-mail code`,verifiedBySecret:`Verified by a shared secret, which is weaker`,verifiedSomehow:`Verified`,claimed:`Says the page (not verified)`,claimedMore:`Nobody has verified this. Do not disclose personal data on the strength of it.`,suggestions:`Suggestions`,suggestionsFor:`For “{question}”`,insert:`Insert`,insertNamed:`Insert “{title}” into the reply`,nothingFound:`The knowledge base has nothing on this.`,curatedAnswer:`Curated answer`,reasonNothingRelevant:`Not in the knowledge base`,reasonCustomerAsked:`Asked for a person`,reasonSearchUnavailable:`Search unavailable`,reasonModelUnavailable:`No model available`,reasonEmptyAnswer:`The model gave no answer`,reasonUnsupportedAnswer:`Unsupported figures`,reasonOverloaded:`Too busy`,reasonLowSupport:`Answer poorly supported`,reasonRepeatedFailure:`Could not help several times`,reasonSensitive:`Sensitive topic`,reasonAbuse:`Abusive language`,reasonComplaint:`Complaint`,reasonOwnCase:`The customer's own order or account`,reasonActionFailed:`The company's system did not answer as it should`,reasonChangeNeedsPerson:`A change that a person has to make`,reasonChangeUnconfirmed:`Not known whether a change was made`,reasonProcedure:`A procedure calls a person`,reasonTriage:`A triage rule`,triageTitle:`How it was read`,triageOf:`Of “{message}”`,triagePressing:`The most urgent message`,triageIntent:`Wants`,triageUnknown:`not known`,triageUrgency:`Urgency`,triageMood:`Mood`,triageAbuse:`Abusive`,triageYes:`yes`,triagePriority:`Priority`,triageQueue:`Queue`,triageAllQueues:`All queues`,triageRisk:`Actions allowed`,triagePerson:`A person is needed`,triageRules:`From your rules`,triageSignals:`Possible signs of fraud, which may be innocent:`,triageWordsAlone:`Read by its words alone, so less certain.`,intentOrderStatus:`to know where an order is`,intentDeliveryProblem:`help with a delivery`,intentCancelOrder:`to cancel an order`,intentChangeOrder:`to change an order`,intentChangeAddress:`to send an order to another address`,intentChangeItems:`to change the items of an order`,intentChangePayment:`to pay an order another way`,intentOrderList:`to see their orders`,intentReturnRefund:`a return or a refund`,intentExchange:`an exchange`,intentUndoRequest:`to take a request back`,intentPaymentProblem:`help with a payment`,intentInvoice:`an invoice`,intentProductQuestion:`to know something about a product`,intentWarrantyRepair:`a repair`,intentAccountAccess:`to get into their account`,intentAccountSecurity:`help with fraud`,intentComplaint:`to complain`,intentPraise:`to praise`,intentHumanRequest:`to talk to a person`,intentSmallTalk:`small talk`,intentAbuseOnly:`nothing but abuse`,intentSpam:`advertising`,intentOther:`something else`,intentRules:`to know one of the company's rules`,urgencyLow:`low`,urgencyNormal:`normal`,urgencyHigh:`high`,urgencyCritical:`critical`,moodCalm:`calm`,moodUnhappy:`unhappy`,moodAngry:`angry`,priorityLow:`low`,priorityNormal:`normal`,priorityHigh:`high`,priorityUrgent:`urgent`,riskRead:`look things up`,riskWrite:`change things, but no money`,riskMoney:`move money`,signalIdentityMismatch:`The page names a different email address than the verified one.`,signalManyReturns:`Conversations about returns within 30 days: {n}.`,signalManyIdentities:`Customers at this address within a day: {n}.`,signalManyMessages:`Messages within a minute: {n}.`,reasonUnknown:`No reason given`,sourceGenerated:`Generated`,sourceCurated:`Curated`,sourceCanned:`Fixed reply`,sourceExtractive:`Quoted`,sourceCached:`From the cache`,sourceClarifying:`Asked for clarification`,sourceRefused:`Refused topic`,sourcePerson:`A person`,sourceAction:`The company's system`,sourceUnknown:`No answer`,stateBot:`Kefu is answering`,stateWaiting:`Waiting for a person`,stateHuman:`A person is answering`,stateReturned:`Returned to Kefu`,stateClosed:`Closed`,sentimentNegative:`Upset`,sentimentNeutral:`Neutral`,sentimentPositive:`Pleased`,slotNumber:`Number`,slotDate:`Date`,slotAmount:`Amount`,slotCode:`Code`,slotPhone:`Phone`,slotEmail:`Email`,slotOther:`Other`,collection:`Collection`,newCollection:`New collection`,collectionId:`ID`,collectionIdHint:`a-z, 0-9 and “-”, starting with a letter`,displayName:`Name`,noCollections:`No collections yet`,noCollectionsMore:`Create one, then add documents to it.`,documents:`Documents`,document:`Document`,curatedAnswers:`Curated answers`,searchTest:`Search test`,needsAttention:`Needs attention`,searchDocuments:`Find by title, path or product`,writeDocument:`Write a document`,documentCount:`{count} documents`,documentCount_one:`1 document`,noDocuments:`No documents yet`,noDocumentsMore:`Drop files above. They can be searched within seconds.`,noDocumentsFound:`No documents match`,validity:`Valid`,always:`always`,validityEnded:`Expired`,validityEnding:`Expires soon`,validityComing:`Not yet valid`,validFrom:`Valid from`,validUntil:`Valid until`,passages:`Passages`,updated:`Updated`,audience:`For`,everyone:`Everyone`,staffOnly:`Staff only`,staffOnlyMore:`For staff only: never shown to customers`,showMore:`Show {n} more`,path:`Path`,pathHint:`Importing to the same path again replaces the document. Without a file extension it is saved as Markdown.`,address:`Address`,text:`Text`,markdownHint:`Markdown: # for headings, - for lists`,editNote:`Kefu keeps passages, not files: this text was put together from them. Saving replaces the document.`,editElsewhere:`To change it, edit the file and import it again to the same path.`,deleteDocument:`Delete this document?`,deleteDocumentMore:`Once deleted, “{title}” can no longer be found. This cannot be undone.`,upload:`Import`,chooseFiles:`Choose files`,orDrop:`or drop them here`,uploadHint:`PDF, Word, PowerPoint, Excel, HTML, Markdown, text, email, CSV or JSON of questions and answers, scans and pictures (PNG, JPEG, WebP, TIFF), ZIP; up to 64 MiB each`,uploadOptions:`For all files you add next`,uploads:`Files`,uploadBroken:`The import was interrupted; try this file again.`,progressOf:`Progress of {name}`,phaseQueued:`Queued`,phaseSending:`Reading…`,phaseEmbedding:`{done} of {count} passages`,phaseEmbedding_one:`{done} of 1 passage`,outcomeCreated:`Imported: {count} passages`,outcomeCreated_one:`Imported: 1 passage`,outcomeUpdated:`Updated: {count} passages`,outcomeUpdated_one:`Updated: 1 passage`,outcomeUnchanged:`Unchanged`,outcomeUnpacked:`Unpacked: {count} documents`,outcomeUnpacked_one:`Unpacked: 1 document`,outcomeDone:`Done`,searchCurated:`Find by question or answer`,newCurated:`New curated answer`,editCurated:`Edit curated answer`,answerCount:`{count} answers`,answerCount_one:`1 answer`,noCurated:`No curated answers yet`,noCuratedFound:`No curated answers match`,noCuratedMore:`A curated answer is given word for word when a customer asks one of its questions.`,narrowSearch:`There are more: narrow your search.`,priorityIs:`Priority {n}`,deleteCurated:`Delete this answer?`,deleteCuratedMore:`“{question}” will be answered from the documents again. This cannot be undone.`,questions:`Questions`,questionsHint:`Different ways to ask the same thing. The answer is given only to customers who ask exactly this.`,questionNumber:`Question {n}`,removeQuestion:`Remove question {n}`,addQuestion:`Add a question`,answer:`Answer`,takeReply:`Use the reply of a person`,recognised:`Detected automatically`,priority:`Priority`,testQuestion:`Question`,testQuestionHint:`Searched exactly as in live chat.`,asOf:`On this date`,asCustomer:`As a customer sees it`,searchTestMore:`See what a question finds, every signal behind it, and whether a curated answer would be given.`,results:`Results`,foundIn:`{count} passages in {time}; the question was taken as {language}`,foundIn_one:`1 passage in {time}; the question was taken as {language}`,thresholdTenant:`Passages with a relevance of {value} or more are shown to the model: your company’s setting.`,thresholdCollection:`Passages with a relevance of {value} or more are shown to the model: calibrated for this collection.`,thresholdUnknown:`This collection has not been calibrated yet; the installation’s threshold applies.`,tooNear:`The next documents are about as good ({apart} apart, {wanted} needed): a question like this is handed over.`,aboveThreshold:`Shown to the model`,belowThreshold:`Below the threshold`,relevance:`Relevance`,relevanceIs:`Relevance {value}`,relevanceMore:`how likely it is to answer the question; the hits are listed by it`,score:`Score`,scoreMore:`ranks passages within one search, cannot be compared across questions`,cosine:`Cosine`,rankIs:`rank {n}`,coverage:`Coverage`,coverageMore:`share of the question’s words, rare ones counting more`,headCosine:`Title cosine`,headCosineMore:`title and headings against the question`,headIsQuestion:`its heading is itself a question`,rerank:`Reranker`,rerankMore:`ranks the hits, where it ran`,otherLanguage:`Other language`,otherLanguageMore:`compared by translated words`,instructionsLeftOut:`Left out of answers from here on, because it seems to tell an assistant what to say: {text}`,samePassages:`The same text appears in {count} other places: {collections}`,samePassages_one:`The same text appears in 1 other place: {collections}`,curatedApplies:`This curated answer would be given`,curatedNot:`The closest curated answer would not be given`,nearestQuestion:`Its question`,needs:`{value} needed`,wordsOfAnswer:`Only in its question`,wordsOfQuery:`Only in yours`,curatedTooFar:`The two questions are not similar enough.`,curatedNotValid:`It is not valid on this date.`,curatedOtherLanguage:`It is in another language.`,curatedOtherNumber:`They name different numbers, dates, codes or models.`,curatedNegation:`One of them negates or reverses what the other asks.`,curatedOtherQuestion:`They ask for different things, such as when and how much.`,curatedOtherWords:`They differ in words that matter.`,curatedOtherOrder:`They name the same things in another order, such as from A to B.`,staleDocuments:`Expired, or expiring soon`,staleMore:`Expired documents are no longer found. Renew or delete them.`,noneStale:`Nothing expires within 30 days`,neverCited:`Never cited`,neverCitedMore:`No answer of the last {days} days is based on these; oldest first.`,neverCitedCut:`More than {n} documents were cited; some of these may be among them.`,noneIdle:`Every document has been cited`,andMore:`and {n} more`,span:`Period`,allKept:`Everything kept`,lastDays:`Last {count} days`,lastDays_one:`Last day`,today:`Today`,unansweredMore:`Questions that were handed over because there was no answer, or whose answer was rated down. Similar ones are grouped.`,allAnswered:`No unanswered questions`,allAnsweredMore:`Questions without an answer will be collected here.`,groupCount:`{questions} in {groups}`,questionCount:`{count} questions`,questionCount_one:`1 question`,groups:`{count} groups`,groups_one:`1 group`,examples:`Questions ({n})`,openConversation:`Open conversation`,writeAnswer:`Write the answer`,writeAnswerTo:`Write the answer to “{question}”`,makeCurated:`Save as a curated answer`,personReplied:`A person replied:`,dismiss:`Dismiss`,dismissNamed:`Dismiss “{question}”`,dismissed:`Removed from the list: {n}`,curatedMade:`Saved. From now on, whoever asks this gets your answer; the questions were removed from the list.`,writeNeedsScope:`Writing answers needs the scope “knowledge” and a collection.`,exportCsv:`Export CSV`,noNumbers:`No questions in this period`,noNumbersMore:`Figures are kept by the hour and outlive the conversations.`,questionsAsked:`Questions`,repliesByPeople:`{count} replies by people`,repliesByPeople_one:`1 reply by a person`,resolved:`Resolved`,resolvedMore:`of {outcomes} with an outcome: {confirmed} confirmed, {assumed} assumed`,withoutOutcome:`Small talk, questions back, actions`,confirmed:`Confirmed`,assumed:`Assumed`,reopened:`Reopened`,reopenedMore:`{n} asked again or rated down`,handedOverMore:`{n} to people`,satisfaction:`Satisfaction`,satisfactionMore:`of {count} ratings`,satisfactionMore_one:`of 1 rating`,firstText:`Time to first text`,wholeAnswer:`Time to full answer`,percentiles:`median; p95 {p95}, p99 {p99}`,notMeasured:`not measured`,cachedOrCurated:`Cached or curated`,cachedOrCuratedMore:`{cached} cached, {curated} curated`,outcomeByDay:`Outcome of questions, by day`,outcomeByHour:`By hour of the day`,timesByDay:`Times by day (p95)`,ratingsByDay:`Ratings by day`,ratingsByHour:`Ratings by hour`,byReason:`Handed over, by reason`,bySource:`Answers, by source`,byLanguage:`Questions, by language`,topDocuments:`Most cited documents`,asTable:`As a table`,asChart:`As a chart`,chartAlt:`{name}: {sum} in total, at most {most} ({when})`,thisDesk:`This desk`,keyOf:`Key`,tenant:`Company`,role:`Role`,roleApp:`front end`,roleAgent:`agent`,roleLead:`lead`,roleAdmin:`administrator`,scopes:`Scopes`,version:`Version`,hoursAndTexts:`Hours and texts`,timeZone:`Time zone`,timeZoneHint:`Such as Asia/Shanghai. Leave empty to use the installation’s.`,escalateSeconds:`Waiting too long after (seconds)`,escalateHint:`From then on the conversation is marked and reported. 0: never. Leave empty to use the installation’s.`,claimSeconds:`A conversation goes back to the queue after (seconds)`,claimHint:`If whoever holds it does not write. 0: never. Leave empty for three times the seconds beside it.`,lapsesIn:`Back to the queue in {time}`,lapsed:`“{title}” went back to the queue because you did not write for too long.`,lapsedOpen:`Open it`,businessHours:`Business hours`,businessHoursHint:`One entry per line: “Mon-Fri 09:00-18:00”, “2026-12-25 closed”. Leave empty if you are always open.`,wrongZone:`There is no such time zone. Use a name such as Asia/Shanghai.`,wrongHours:`Not understood: “{line}”. Write “Mon-Fri 09:00-18:00”, “Sat 10:00-16:00” or “2026-12-25 closed”, one entry per line.`,wrongSeconds:`A whole number of seconds, up to 604,800 (a week).`,wrongText:`Up to 1,000 characters.`,textsIn:`Texts in {language}`,textGreeting:`Greeting`,textNothingRelevant:`Handed over: no answer`,textCustomerAsked:`Handed over: the customer asked`,textOutOfHours:`Outside business hours`,openingHint:`{opening} stands for when somebody will be back.`,installationsText:`The installation’s text`,identity:`Customers' sign-in`,identityMore:`A conversation shows who the customer is once your site has said so, or once an emailed code has proved it.`,trustChanged:`How customers prove who they are, or what is done for them without a person, was last changed on {when}, by {who}.`,identityMode:`Customers`,identityOff:`are not asked who they are`,identityOptional:`may sign in`,identityRequired:`must sign in; nobody else is answered`,emailCodes:`Codes may be sent by email`,identityProof:`Your site tells who its customers are`,noTokens:`No, it does not`,proofJwks:`With tokens whose public keys are at an address (JWKS)`,proofKey:`With tokens, and this is the public key`,proofSecret:`With tokens, signed with a shared secret`,sharedSecretWeak:`Whoever can verify such a token can make one. Use a key pair where your site can; agents see the difference.`,jwksUrl:`Address of the public keys`,jwksUrlHint:`https://. It is read again when a token names an unknown key.`,publicKey:`Public key (PEM)`,secretName:`Name of the secret`,secretNameHint:`The name of a secret already stored here, at least 32 characters long. The secret itself is never shown.`,issuer:`Issuer`,issuerHint:`“iss” of the tokens.`,tokenAudience:`Audience of tokens`,audienceHint:`“aud” of the tokens: it should name this chat and nothing else.`,wrongIdentity:`Please check this: {why}`,keptClaims:`Kept claims`,keptClaimsHint:`What else agents see, separated by commas; at most ten.`,webhooks:`Webhooks`,webhooksMore:`Other systems that are notified of what happens, by signed HTTP calls.`,addWebhook:`Add an address`,noWebhooks:`No other system is notified`,deliveries:`Deliveries`,deliveriesOf:`Deliveries to {url}`,noDeliveries:`Nothing has been sent in the last 7 days`,deleteWebhook:`Delete this address?`,deleteWebhookMore:`{url} will no longer be notified; pending deliveries are dropped.`,toldOf:`Events`,secret:`Signing secret`,secretMore:`Copy it now: it cannot be shown again.`,secretKept:`I have saved it`,redeliver:`Send again`,delivered:`Delivered`,givenUp:`Given up`,attempts:`Attempt {n}`,nextAttempt:`next at {time}`,eventHandoff:`Hand-overs`,eventTurn:`Messages`,eventRating:`Ratings`,eventEscalation:`Waiting too long`,auditLog:`Audit log`,auditMore:`Who did what, to what, and from where. Each entry holds the hash of the one before it, so that changes are detected.`,auditVerify:`Verify`,auditDownload:`Download JSON lines`,auditWho:`Who`,auditWhat:`What`,auditTarget:`To what`,auditFrom:`From`,auditOutcome:`Outcome`,auditFailed:`Failures only`,auditNothing:`No such entries`,auditEarlier:`Show earlier entries`,auditPeer:`{address} (connection)`,auditUnreadable:`Changed: cannot be read`,auditWhole:`The log is intact. Entries: {n}.`,auditHash:`Keep this hash of the last entry somewhere else: {hash}`,auditUnsealed:`The chain is intact, but one end of it was not sealed. Entries: {n}. {problem}`,auditBroken:`The log is broken at entry {n}. {problem}`,failScope:`Your key lacks the scope “{scope}”.`,failUnauthenticated:`Your key is no longer valid: sign in again.`,failSessionNotFound:`This conversation no longer exists.`,failSessionClosed:`This conversation is closed.`,failClaimLost:`The conversation is no longer yours.`,failCollectionNotFound:`This collection does not exist, or your key may not use it.`,failCollectionExists:`A collection with this ID already exists.`,failDocumentNotFound:`This document no longer exists.`,failCuratedNotFound:`This answer no longer exists.`,failUnavailable:`A service is not responding at the moment; try again.`,failUnimplemented:`This installation does not offer this.`,failNotDurable:`Data is not being saved to disk, so nothing was stored. Tell whoever runs Kefu.`,failStaleRevision:`Somebody else has changed this in the meantime: reload the page.`,failDraftNotFound:`This draft is no longer open.`,failDraftOutdated:`What is live has changed since the draft was made: bring it up to date first.`,failDraftHeld:`The draft's check has failed, or has not ended.`,failOpenDrafts:`Too many drafts of this knowledge base are open: promote or discard one of them.`,failKnowledgeMoved:`The knowledge base was changed at the same moment; try again.`,failVersionNotFound:`This version is no longer kept.`,failRevisionNotFound:`This revision is no longer kept.`,failSourceNotFound:`This source no longer exists.`,failSyncNotFound:`This run is no longer kept.`,failSyncNotHeld:`This run is no longer waiting for a decision; look at the source's runs again.`,failOverloaded:`The service is very busy at the moment; try again shortly.`,failStorageFull:`Storage is full: new conversations and imports are refused for now. Tell whoever runs Kefu.`,failEmptyDocument:`It contains no text.`,failNotText:`It is not readable text.`,failNoTextLayer:`It is a scan or a picture, and text recognition is off or not installed here. Ask whoever runs Kefu, or run it (OCR) on the file first.`,failBadEncoding:`Its characters cannot be read: save it as UTF-8.`,failBadTable:`It is not a table of questions and answers: the columns “question” and “answer” are needed.`,failBadFrontMatter:`The lines between “---” at the top cannot be read.`,failBadPath:`Its name points outside the archive.`,failBrokenFile:`The file is damaged: open it in the program it was made with and save it again.`,failPassword:`It is protected by a password: save a copy without one.`,failTooLarge:`It is too large: at most 64 MiB.`,failTooSlow:`Reading it took too long: split it up.`,failUnsupported:`This type of file cannot be read.`},zr={conversationsTitle:`全部会话`,conversationsMore:`Kefu 说过的一切，包括它独自回答的会话。保存时间与会话相同。`,findWords:`问题或回答中的词`,filterSource:`回答来源`,filterRating:`评价`,filterReason:`转人工`,filterSince:`提问时间`,whichever:`不限`,handedOverAny:`任何原因`,unrated:`未评价`,filterChecked:`被检查拦下或替换`,filterLowSupport:`依据不足`,filterReopened:`再次提问`,filterAction:`由操作回答`,noConversations:`没有符合全部条件的会话`,noConversationsMore:`请减少条件，或放宽时间。`,lookedAt:`已查看会话：{n}`,lookFurther:`继续查找`,moreTurns:`其中还有符合的消息：{n}`,allConversations:`全部会话`,openInInbox:`在收件箱中打开`,conversationOf:`{time} 的会话`,markReplaced:`已替换`,markChecked:`被拦下`,markLowSupport:`依据 {value}`,markReopened:`再次提问`,markAction:`由 {action}`,whyAsk:`为什么？`,whyOf:`为什么？“{question}”`,whyDecision:`决定`,decisionHandOver:`转接人工`,decisionReplyToFiles:`回复文件`,decisionRefuse:`拒绝该话题`,decisionGiveCanned:`固定回复`,decisionAskAgain:`再问一次`,decisionTurnDown:`婉拒`,decisionGiveCurated:`精选回答`,decisionGiveCached:`缓存的回答`,decisionClarify:`反问澄清`,decisionGiveEvidence:`引用文档原文`,decisionGiveExcerpt:`文档摘录`,decisionGenerate:`由模型作答`,decisionAct:`操作或流程`,decisionContinue:`接续其他路由器的回答`,decisionSettle:`确认或取消更改`,whyProfile:`回答方式`,profileEvidence:`页面原文`,profileChoice:`页面原文，由模型挑选`,profileFull:`模型撰写，数字和编号经过核对`,profileVerified:`模型撰写，每句话都复核过`,profileUnchecked:`引擎原样输出`,whyModel:`模型`,whyTimes:`用时`,whyBrownOut:`高负载`,whyLevel:`第 {n} 级`,timeQueue:`等待 {time}`,timeSearch:`检索 {time}`,timeFirst:`首字 {time}`,timeTotal:`总共 {time}`,timeModel:`模型 {time}`,whyFound:`找到的内容`,whyQuery:`检索词`,whyReadAs:`理解为`,whyHistory:`与上一个问题一起理解`,whyRelevance:`相关度`,whyNeeded:`要求`,whyNothing:`没有检索：消息本身已能决定。`,whyNothingFound:`没有找到内容。`,whyTooClose:`最好的几份文档不相上下（相差 {apart}，要求 {wanted}）。`,whyInstructs:`它在指使助手说话：其中的词不算依据。`,whyCurated:`最接近的标准答案`,whyCuratedApplies:`适用`,whyCuratedNot:`不适用：{reason}`,whyCosine:`余弦 {value}，要求 {wanted}`,whyEvidence:`依据`,whyBears:`很可能是答案：{value}`,whyBearsNot:`不太可能是答案：{value}`,whyChosen:`已选`,whyNotChosen:`未选`,whyComputed:`计算：{text}`,whyChecks:`检查结果`,whyPassed:`每句话都通过了。`,whyFailed:`未通过“{check}”`,whyLiteral:`依据中没有：{literal}`,whyInstead:`改说或补充：{what}`,whyContinued:`中断的副本：{n}`,whyActions:`可能想要的操作`,whyRead:`从消息中读出`,correct:`更正这个回答`,correctCurated:`写标准答案`,correctDocument:`修改文档`,saidFiles:`仅有文件，没有文字`,correctGolden:`设为标准问题`,wouldHit:`本可以回答`,wouldHitNone:`最近没有这样的提问。已查看会话：{n}`,wouldHitCheck:`它会回答哪些提问？`,wouldHitTimes:`{n} 次`,review:`复核`,reviewMore:`每天抽取一部分回答由人判断。由此推得的全部回答的情况及其区间见下方。`,reviewDay:`日期（UTC）`,reviewKeys:`按键：1 正确，2 一半，3 错误，4 有害；J、K 为下一个、上一个`,noSample:`这一天没有需要复核的回答`,noSampleMore:`请选择另一天。会话的保存时间有限。`,sampleOpen:`这一天还没有结束，样本仍会变化。`,verdictRight:`正确`,verdictHalf:`一半`,verdictWrong:`错误`,verdictUnsafe:`有害`,verdictNone:`未判断`,judgedBy:`{verdict}，由 {name}`,takeVerdictBack:`撤回`,reviewNote:`备注`,reviewNoteHint:`可不填，与判断一起保存，随会话删除。`,answerGone:`会话已不存在。`,stratumReplaced:`已替换`,stratumLowSupport:`依据不足`,stratumReopened:`再次提问`,stratumLong:`长会话`,stratumOrdinary:`随机抽取`,stratum:`分层`,answersOf:`回答`,drawnOf:`抽取`,numbersOfReviews:`复核结果`,numbersOfReviewsMore:`最近 7 天；已判断 {judged}，共 {answers}`,noReviews:`最近 7 天没有判断。`,resolvedByReview:`复核得出的解决率`,resolvedByReviewMore:`{low} 至 {high}，已判断：{n}`,resolvedByReviewNone:`尚无判断`,shareInterval:`{share}（{low} 至 {high}）`,ofAllQuestions:`解决，占全部提问`,ofAllAnswersRight:`正确，占全部回答`},Br={experiments:`实验`,experimentsMore:`一部分新会话用草稿来回答，再与其余会话的结果比较。`,noExperiments:`还没有做过实验。`,experimentRuns:`进行中`,experimentStopped:`已停止`,experimentPromoted:`草稿已上线`,experimentPlanned:`已计满`,experimentDraftGone:`草稿已不存在`,experimentSince:`自 {time} 起，{share} 的新会话`,experimentBetter:`用草稿解决得更多。`,experimentWorse:`用草稿解决得更少。`,experimentUndecided:`尚未看出差别。`,experimentTest:`草稿与线上解决率之差：{difference}（{low} 至 {high}）。不论查看多少次，没有差别的实验中最多有 {rate} 会误报差别。`,experimentCounted:`已计入 {n} 个会话，计划 {most} 个。半小时没有新消息的会话才计入。`,armDraft:`草稿`,armLive:`线上`,armWhat:`结果`,armConversations:`会话`,armResolved:`已解决`,armHandedOver:`转人工`,armRatedDown:`差评`,armFirstText:`首字时间（95% 不超过）`,armShare:`{share}（{low} 至 {high}）`,experimentFellBack:`草稿组有 {n} 条消息因草稿不可用而按线上内容回答。`,experimentLeftOut:`未计入：同一客户的后续会话 {repeated} 个，没有提问的会话 {without} 个。`,experimentStart:`开始实验`,experimentDraft:`草稿`,experimentDraftHint:`例如 collections/help/drafts/…`,experimentNoDrafts:`没有打开的草稿。实验需要一个草稿。`,experimentShare:`新会话的比例（%）`,experimentShareHint:`1 到 50。已经开始的会话不受影响。`,experimentMost:`计满多少个会话后结束`,experimentTitle:`标题`,experimentStop:`停止`,experimentStopMore:`草稿组的会话将改按线上内容继续。尚未结束的会话不计入。`,experimentPromote:`草稿上线`,experimentPromoteMore:`{draft} 将对所有人生效，实验随之结束。草稿被搁置时不能上线。`,experimentEarlier:`以前的实验`,failExperimentRuns:`已有实验在进行，请先停止它。`,failExperimentNotFound:`此实验已不存在。`},Vr={golden:`标准问题`,goldenMore:`答案必须一直正确的问题。可随时提问；每个要求检查的知识草稿、每天夜里也会自动提问。`,goldenRuns:`运行记录`,newGolden:`新建问题`,noGolden:`还没有标准问题`,noGoldenMore:`可从一条回答生成、自行编写，或导入 questions.jsonl。`,goldenLost:`上次运行丢失的答案`,runGolden:`全部提问`,runThis:`只问这一个`,stopRun:`停止运行？`,stopRunMore:`离开此页会停止运行，尚未提问的问题不再提问。`,stopAndLeave:`停止并离开`,asking:`正在提问：{judged} / {questions}`,goldenNotAsked:`尚未提问`,onlyRed:`只看红色的`,verdict:`判定`,goldenVerdictRight:`正确`,goldenVerdictHalf:`一半`,goldenVerdictWrong:`错误`,verdictRefused:`未回答`,verdictAskedBack:`反问`,goldenVerdictNone:`未提问`,change:`变化`,changeLost:`丢失`,changeGained:`修复`,changeStillWrong:`仍不对`,changeStillRight:`仍正确`,changeNone:`没有可比的答案`,whyVerdict:`原因`,answerNow:`现在`,answerBefore:`之前`,answerDraft:`草稿`,answerLive:`线上`,noAnswerBefore:`之前没有答案。`,nothingSaid:`没有回答内容。`,answerForgotten:`内容已不再保留。`,askedTwice:`问了两次`,bothAnswers:`并排查看两个答案`,goldenFoundIn:`来源：{titles}`,calledPerson:`会转人工：{reason}`,runOf:`{time} 的运行`,backToRuns:`全部运行`,noRuns:`还没有运行过`,runOver:`对象`,overLive:`线上`,runTrigger:`发起方`,triggerDraft:`草稿检查`,triggerNight:`每夜`,runRunning:`进行中`,runFinished:`已完成`,runStopped:`提前结束`,runSummary:`{questions} 个中 {right} 个正确。丢失 {lost}，修复 {gained}，仍不对 {wrong}，未提问 {none}。`,lostCount:`丢失`,gainedCount:`修复`,rightCount:`正确`,showStillRight:`显示仍正确的：{n}`,nothingChanged:`没有答案丢失或修复。`,goldenQuestion:`问题`,goldenQuestionHint:`按客户的问法来写。内容会保存，请勿包含个人信息。`,goldenBefore:`之前的消息`,goldenBeforeHint:`同一会话里客户先前写的话，每行一条，最早的在前。`,goldenMust:`必须说到`,goldenMustHint:`每行一项；同义的说法之间用 | 隔开：7 天 | 七天`,goldenMustNot:`不得说到`,goldenMustNotHint:`每行一项：说了就算错的内容。`,goldenPolarity:`是或否`,goldenPolarityHint:`所问的事情是否成立，与问法无关。`,polarityNone:`不是这类问题`,polarityYes:`是，成立`,polarityNo:`否，不成立`,goldenPerson:`人工`,personNo:`无需转人工：知识库里有答案`,personAllowed:`可以转人工`,personRequired:`必须转人工`,goldenNote:`一句话说明正确答案`,goldenCollections:`提问范围`,goldenAllCollections:`全部知识库`,goldenAnsweredThen:`当时 Kefu 的回答`,goldenFromTurn:`由一条回答生成。请检查后保存。`,goldenNeedsMust:`请写明必须或不得说到的内容、是或否，或必须转人工：否则任何回答都算正确。`,goldenSaved:`已保存，从下次运行起计入。`,goldenDeleteMore:`“{text}”将不再提问。`,importGolden:`导入`,exportGolden:`导出`,importGoldenMore:`questions.jsonl：每行一个 JSON 对象，格式见 docs/guides/evaluation.md。同名的会被替换。`,chooseFile:`文件`,importedGolden:`已保存 {count} 个问题。`,importedGolden_one:`已保存 1 个问题。`,importRefused:`没有保存任何问题。请更正以下各行：`,lineWrong:`第 {n} 行：{text}。`,makeGolden:`存为标准问题`,makeGoldenOf:`存为标准问题：“{question}”`,failGoldenNotFound:`此标准问题已不存在。`,failGoldenRunNotFound:`此运行已不再保留。`,eventGolden:`标准问题的答案丢失`},Hr={sourcesTab:`来源`,sourcesMore:`Kefu 自动读取的网站、订阅源和其他系统。读取失败时继续使用最后一份好的内容。`,newSource:`新建来源`,noSources:`还没有来源`,noSourcesMore:`来源让这个知识库与网站、代码库或其他系统保持一致。`,sourceOf:`来源`,sourceDocuments:`文档`,sourceNext:`下次运行`,sourceLast:`上次运行`,sourceWhenAsked:`要求时`,sourcePaused:`已暂停`,sourceNever:`还没有运行过`,sourceRun:`立即运行`,sourceRuns:`{name} 的运行`,sourceRunsButton:`运行记录`,sourceEdit:`编辑`,sourceDelete:`删除`,sourceDeleteTitle:`删除 {name}？`,sourceDeleteMore:`它的运行记录会被删除。文档保留，除非选择一并删除。`,sourceDeleteDocuments:`一并删除它的文档`,sourceHeldNotice:`{name} 的一次运行被暂缓：{reason} 没有改变任何内容。`,sourceReview:`查看`,sourceApprove:`批准`,sourceDismiss:`驳回`,sourceCompare:`差异`,sourceDifference:`{address} 将发生的变化`,sourceToken:`调用（POST）这个地址即可让来源运行。它不会再次显示：`,syncQueued:`等待中`,syncRunning:`运行中：已读取 {seen} 个文档，已导入或删除 {applied}/{total}`,syncDone:`已应用`,syncHeld:`已暂缓`,syncFailed:`失败`,syncDismissed:`已驳回`,syncSuperseded:`已被之后的运行取代`,syncBegan:`开始时间`,syncOutcomeAdded:`新增`,syncOutcomeChanged:`变更`,syncOutcomeMoved:`移动`,syncOutcomeGone:`删除`,syncOutcomeFailed:`失败`,syncOutcomeMissing:`缺失`,syncOutcomeForbidden:`禁止`,syncOutcomeUnchanged:`未变`,syncOutcomeWhy:`原因`,syncOutcomeAddress:`地址`,syncOutcomeMovedFrom:`原为 {address}`,sourceKind:`种类`,kindSitemap:`站点地图`,kindCrawl:`网站（沿链接）`,kindGit:`Git 代码库`,kindFeed:`订阅源（RSS、Atom）`,kindFolder:`服务器上的文件夹`,kindS3:`S3 存储桶`,kindRest:`其他系统（按配方）`,sourceName:`标识`,sourceNameHint:`a-z、0-9 和“-”，以字母开头，例如 help-centre。之后不能更改。`,sourceAddress:`地址`,sourcePath:`文件夹路径`,sourcePrefix:`地址开头`,sourceFolder:`其中的文件夹`,sourceBucket:`存储桶`,sourceRecipe:`配方`,sourceSettings:`设置，每行一个`,sourceSettingsHint:`例如 {example}`,sourceEvery:`每隔多少小时运行`,sourceEveryHint:`留空：只在要求时运行。`,sourceSecret:`密钥`,sourceSecretHint:`名称以 source- 开头。密钥与操作放在一起管理。`,sourceStaff:`文档仅供员工查看`,sourcePause:`不自动运行`,sourceUnchecked:`更改不经标准问题检查，直接上线`},Ur={ocr:`文字识别`,ocrPages:`第 {pages} 页`,ocrPages_one:`第 {pages} 页`,ocrPictures:`{count} 张图片`,ocrPictures_one:`{count} 张图片`,ocrAnd:`和`,ocrRead:`{what}由 OCR 识别，把握 {percent}%`,ocrDoubtful:`请与原件核对：第 {pages} 页`,phaseReading:`正在读取第 {read}/{count} 页`,phaseReading_one:`正在读取第 {read}/{count} 页`},Wr={drafts:`草稿`,draftsMore:`草稿是该知识库的副本。可以修改、试用，确认无误后再发布：发布之前客户看不到任何改动。`,newDraft:`新建草稿`,draftTitle:`用途`,noDrafts:`没有打开的草稿`,noDraftsMore:`新建草稿后，可以修改文档和标准答案而不影响客户。`,closedDrafts:`已结束的草稿`,versionsHead:`版本`,versionsMore:`客户现在依据哪个版本得到回答，以及之前依据哪些版本。回退立即生效。`,versionOriginal:`知识库的最初版本`,liveNow:`生效中`,liveUntil:`生效至 {time}`,rollBack:`回退`,rollBackNamed:`回退：“{title}”`,rollBackMore:`客户立即依据该版本得到回答。当前版本会保留。`,rolledBack:`“{title}”已生效。`,draftState:`状态`,draftOpen:`打开`,draftChecking:`检查中`,draftHeld:`已拦下`,draftPromoted:`已发布`,draftDiscarded:`已放弃`,draftOutdated:`生效版本已有改动`,draftOutdatedMore:`建立草稿之后，生效版本已有改动。请先合入这些改动再发布。`,draftChanges:`改动`,draftCounts:`新增 {added}，修改 {changed}，删除 {deleted}`,draftNoChanges:`还没有改动`,draftNoChangesMore:`在此添加文档，或用 kefu import -c {collection} --draft {id} 导入。`,draftMade:`创建时间`,allDrafts:`全部草稿`,addToDraft:`添加或替换文档`,addedToDraft:`草稿中已有 {count} 篇文档。`,addedToDraft_one:`草稿中已有 1 篇文档。`,refreshDraft:`合入生效版本的改动`,refreshedDraft:`已合入 {taken} 处改动；{conflicts} 处冲突保留草稿的内容。`,promoteDraft:`发布`,promoteDraftTitle:`用此草稿回答客户？`,promoteDraftMore:`一秒内在所有副本上生效。之前的版本会保留，可以回退。`,promotedDraft:`已生效。`,discardDraft:`放弃`,discardDraftTitle:`放弃此草稿？`,discardDraftMore:`其中的改动将全部丢失，无法撤销。`,draftHeldMore:`上次检查：{passed} 个通过，{failed} 个未通过。请修正草稿，或说明理由后发布。`,draftCheckedMore:`上次检查：{passed} 个通过，{failed} 个未通过。`,draftCheckOld:`此后草稿又有改动。`,draftLost:`将会答错的问题`,promoteUnchecked:`检查结束前就要发布的理由`,promoteAlthough:`检查未通过仍要发布的理由`,changeAdded:`新增`,changeChanged:`修改`,changeDeleted:`删除`,changeConflict:`生效版本也改过`,changeWhat:`改动`,changeDictionary:`词语与同义词`,showChange:`查看改动`,showChangeNamed:`查看 {name} 的改动`,changeOf:`{name} 的改动`,tryDraft:`试问一个问题`,tryDraftMore:`同一个检索，分别在生效版本和草稿上进行。`,tryLive:`生效版本`,tryDraftSide:`此草稿`,history:`历史`,historyMore:`谁在何时改过这篇文档。最多保留 20 个修订。`,historyDeleted:`已删除`,historyFromDraft:`随草稿发布`,historyFromVersion:`切换了版本`,historyRestored:`恢复自修订 {n}`,historyUnknown:`未知`,keepHistory:`保留历史 30 天，以便恢复`},Gr={procedures:`流程`,proceduresMore:`一步一步写明怎样服务客户。保存后几秒内，Kefu 即按流程办理。`,newProcedure:`新建流程`,noProcedures:`还没有流程`,noProceduresMore:`流程写明何时询问什么、查询什么、回复什么、办理什么。`,procedure:`流程`,revision:`版本`,revisionIs:`版本 {n}`,changed:`修改时间`,stateOf:`状态`,inForce:`正常`,notStored:`尚未保存`,unsaved:`有未保存的修改`,errorCount:`{count} 个错误`,errorCount_one:`1 个错误`,warningCount:`{count} 个提醒`,warningCount_one:`1 个提醒`,procedureName:`名称`,procedureNameHint:`由 a-z、0-9 和“-”组成，以字母开头，例如 cancel-order。之后不能更改。`,procedureExists:`已有同名流程：请打开它，或换一个名称。`,mainAction:`要办理的操作`,mainActionHint:`流程从这个操作开始。暂不选择时，请把“{placeholder}”换成操作的名称。`,actionLater:`稍后填写`,page:`正文`,revisions:`版本记录`,simulation:`模拟`,backToProcedures:`全部流程`,pageHint:`Markdown，分为“何时”“步骤”“禁止”“说明”几节。按 Ctrl + S 保存。`,cursorLine:`第 {n} 行，共 {lines} 行`,findings:`检查结果`,checking:`检查中…`,noFindings:`没有发现问题。`,findingsAre:`{errors}，{warnings}`,lineError:`第 {n} 行，错误：`,lineWarning:`第 {n} 行，提醒：`,lineIs:`第 {n} 行`,goToLine:`跳到第 {n} 行`,flow:`步骤图`,flowMore:`Kefu 所理解的步骤。`,noSteps:`还没有可以理解的步骤`,kindAsk:`询问`,kindLookUp:`查询`,kindIf:`如果`,kindOtherwise:`否则`,kindSay:`回复`,kindDo:`办理`,kindHandOver:`转人工`,kindEnd:`结束`,kindUnknown:`步骤`,procedureSaved:`已保存为版本 {n}。`,mendFirst:`没有保存：有错误的流程不能保存。光标已移到第一个错误处。`,procedureStale:`没有保存：其他人已保存了新的版本。您的内容仍在这里。`,procedureGone:`其他人已删除此流程。您的内容仍在这里，保存后会重新创建该流程。`,compareStale:`与新版本比较`,compareStaleTitle:`已保存的版本与您的内容`,compareStaleMore:`“−”是已保存版本的行，“+”是您的行。如果保留您的内容并保存，它会替换已保存的版本，原版本仍保留在版本记录里。`,keepMine:`保留我的内容`,takeStored:`采用已保存的版本`,discard:`放弃修改`,discardMore:`版本 {n} 之后的修改将丢失。`,discardNew:`此流程尚未保存，全部内容将丢失。`,deleteProcedure:`删除此流程？`,deleteProcedureMore:`“{title}”及其全部版本将被删除，Kefu 不再按它办理，且无法恢复。`,revisionsMore:`最近 50 个版本，最新的在前。`,noRevisions:`还没有版本：尚未保存过。`,current:`当前版本`,fromRevision:`原版本`,toRevision:`新版本`,whatChanged:`查看修改`,whatChangedIn:`查看修改：版本 {n}`,restore:`恢复`,restoreNamed:`恢复版本 {n}`,restoreTitle:`恢复版本 {n}？`,restoreMore:`该版本的内容会保存为新的版本，当前版本仍保留在记录里。`,restoreUnsaved:`您未保存的修改将丢失。`,restored:`已恢复为版本 {n}。`,difference:`差异`,differenceBetween:`版本 {from} 与版本 {to} 的差异`,sameText:`两者相同。`,lineAdded:`新增：`,lineRemoved:`删除：`,linesSame:`{count} 行未变`,linesSame_one:`1 行未变`,linesChanged:`新增 {added} 行，删除 {removed} 行`,oldLine:`原行号`,newLine:`新行号`,simulationMore:`由虚构的客户走一遍编辑框里的流程，覆盖各个条件所区分的情况。不会查询或更改任何系统。`,simulate:`开始模拟`,simulating:`客户正在与 Kefu 对话…`,simulated:`共 {count} 个对话`,simulated_one:`共 1 个对话`,simulatedWrong:`{conversations}，出现问题的有 {wrong} 个`,simulatedGood:`{conversations}，都没有问题。`,unreached:`没有客户走到的步骤`,allReached:`每个步骤都有客户走到。`,conversations:`对话`,wentWrong:`有问题`,wentWell:`正常`,outcome:`结果`,outcomeChanged:`办理了更改`,outcomeAnswered:`已答复`,outcomePerson:`转人工`,outcomeAsked:`Kefu 仍在询问`,changesMade:`更改（并未真正执行）`,offered:`可选项`,actions:`操作`,actionsMore:`Kefu 能在您的系统里查询和办理的事。由管理员用 kefu actions 编写。`,noActions:`还没有操作`,noActionsMore:`管理员可以在命令行添加：kefu actions put FILE。`,action:`操作`,risk:`作用`,actionReads:`查询`,actionWrites:`更改数据`,actionMovesMoney:`涉及款项`,calls:`调用`,inputs:`输入`,fromCustomer:`{name}（来自已登录的客户）`,askedBy:`触发`,intentsAre:`意图：{intents}`,exampleCount:`{count} 条示例消息`,exampleCount_one:`1 条示例消息`,byOthersOnly:`仅供其他操作使用`,signedInOnly:`仅限已登录的客户`,asJson:`JSON 内容`,tryAction:`试用`,tryActionMore:`以该客户的身份调用系统，不会更改任何数据：会更改数据的操作只调用预览。`,customerSubject:`客户（sub）`,tryLanguage:`语言`,trying:`调用中…`,tryStatus:`HTTP 状态`,tryAnswer:`回复内容`,tryResult:`用到的结果`,sayNothing:`（无）`,secrets:`系统密钥`,secretsMore:`操作以 {secret:NAME} 引用。只能写入和替换，不会显示。`,noSecrets:`还没有系统密钥`,addSecret:`存储系统密钥`,secretId:`名称`,secretIdHint:`由 a-z、0-9 和“-”组成，以字母开头。同名的会被替换。`,secretValue:`值`,secretValueHint:`只能是一行。多行内容（例如 PEM 格式的密钥）请用 kefu secrets put 写入。`,secretStored:`已存储“{name}”。`,deleteSecret:`删除此系统密钥？`,deleteSecretMore:`使用“{name}”的功能将失败，且无法恢复。`,failProcedureNotFound:`此流程或版本已不存在。`,failActionNotFound:`此操作已不存在。`,failSecretNotFound:`此系统密钥已不存在。`},Kr={...Vr,...zr,...Hr,...Gr,...Br,...Ur,...Wr,deskTitle:`Kefu 客服台`,deskOf:`{title} 客服台`,sections:`栏目`,skip:`跳到正文`,loading:`加载中…`,retry:`重试`,close:`关闭`,cancel:`取消`,create:`创建`,save:`保存`,saving:`保存中…`,savedWithWarnings:`已保存，但请留意`,saved:`已保存，几秒内生效。`,edit:`编辑`,editNamed:`编辑“{title}”`,delete:`删除`,deleteNamed:`删除“{title}”`,search:`搜索`,none:`暂无`,count:`数量`,share:`占比`,time:`时间`,seconds:`{n} 秒`,minutes:`{n} 分钟`,hours:`{n} 小时`,hoursMinutes:`{n} 小时 {m} 分钟`,days:`{n} 天`,languageUnknown:`未知`,inbox:`收件箱`,unanswered:`未解答`,knowledge:`知识库`,numbers:`数据`,settings:`设置`,wantYou:`个会话待您处理`,callsFor:`待您处理：{n}`,signIn:`登录`,signInMore:`供接待客户和维护知识库的同事使用。`,signInCompany:`用公司账号登录`,signOut:`退出`,key:`密钥`,keyHint:`需要角色为 agent（收件箱）、lead（另含知识库、流程、数据和设置）或 admin 的密钥。密钥只保存在本标签页。`,yourName:`您怎么称呼？`,yourNameMore:`同事会看到，您回复时客户也会看到。`,name:`姓名`,goOn:`继续`,changeName:`更改姓名`,troubleRefused:`密钥无效：可能已被吊销，或没有复制完整。`,troubleStranger:`此密钥不能使用客服台：它没有 agent、lead 或 admin 角色。请向管理员索取新的密钥。`,troubleUnreachable:`无法连接服务器，请检查网络后重试。`,troubleProvider:`公司账号登录未成功，请重试或使用密钥。`,troubleAccountRefused:`公司账号已登录，但所得令牌不适用于本客服台或已失效，请联系系统管理员。`,troubleAccountStranger:`您的公司账号在本客服台没有角色。请联系账号管理员，或改用其他账号登录。`,troubleAccountEnded:`登录已到期，请重新登录；草稿仍会保留。`,noScope:`您的密钥没有 {scope} 权限`,noScopeMore:`此页面需要该权限。请向管理员索取带有 {scope} 权限的密钥后重新登录。`,theme:`配色`,themeAuto:`跟随系统`,themeLight:`浅色`,themeDark:`深色`,soundOn:`提示音已开`,soundOff:`提示音已关`,waiting:`等待中`,mine:`我的会话`,colleaguesHold:`同事的会话`,nobodyWaits:`没有等待的客户。`,noneMine:`您没有正在接待的会话。`,noneColleagues:`同事没有正在接待的会话。`,present:`在线同事`,you:`{name}（您）`,holds:`接待中 {count}`,holds_one:`接待中 {count}`,beganWith:`最初：{text}`,noTitle:`会话`,waitsFor:`已等待`,waitsSince:`已等待 {time}`,escalated:`等待过久`,uninvited:`未转人工`,uninvitedMore:`此会话没有转人工。`,chooseConversation:`请选择一个会话`,chooseConversationMore:`等待最久的排在最前。`,endedConversations:`已结束`,noneEnded:`最近没有交还或结束的会话。`,conversation:`会话`,conversationGone:`此会话已不存在。`,backToInbox:`返回收件箱`,connectionLost:`连接已断开，正在重连。显示的内容可能不是最新的。`,messages:`消息`,newMessages:`有新消息`,showEarlier:`显示更早的消息（{n}）`,customer:`客户`,kefu:`Kefu`,handedOver:`转人工`,stillWriting:`正在回答`,sources:`来源`,openCard:`打开（在新标签页中）`,ratedUp:`评价：有帮助`,ratedDown:`评价：没帮助`,heldByMe:`由您接待`,heldBy:`{agent} 接待中`,takeOver:`接管`,takeOverFrom:`从 {agent} 接管`,takeOverMore:`{agent} 正在接待这位客户。接管后，对方正在写的回复将无法发送。`,takeBack:`接管`,returnToKefu:`交还 Kefu`,passOn:`转给同事`,closeConversation:`结束会话`,closeMore:`会话结束后，人工和 Kefu 都无法再回复，客户需要重新发起会话。`,closedMore:`会话已结束。`,returnUnanswered:`尚未回复，仍要交还？`,returnUnansweredMore:`客户还在等待第一条回复，而 Kefu 此前没能回答这个问题。现在交还，就没有人回答客户了。`,withdrawn:`曾展示给客户，已撤回`,select:`选择`,selectDone:`完成`,selectAll:`全部`,selectBy:`选择范围`,selectConversation:`选择“{title}”`,closeSelected:`结束 {count} 个会话`,closeSelected_one:`结束 1 个会话`,closeSelectedMore:`这些客户将不再得到人工或 Kefu 的回复，并会看到对话已结束。此操作无法撤销。`,closingSelected:`已结束 {done}/{count}`,closedSelected:`已结束 {count} 个会话。`,closedSelected_one:`已结束 1 个会话。`,skippedSelected:`其中 {count} 个已被他人接管或结束，未作改动。`,skippedSelected_one:`其中 1 个已被他人接管或结束，未作改动。`,failAlreadyClaimed:`{agent} 已接管此会话。`,claimLapsed:`此会话已不归您：等待过久或已被交还。`,draftKept:`您写的内容没有发出，仍保留在下方。`,reply:`回复`,replyPlaceholder:`回复客户`,replyHint:`按 Ctrl + Enter 发送`,claimToReply:`接管会话后即可回复。`,characters:`{n}/{most} 字`,send:`发送`,aboutConversation:`会话信息`,why:`转人工原因`,outOfHours:`非工作时间`,toldAlready:`客户已提供`,passagesTried:`查到但不足以作答`,language:`语言`,user:`客户标识`,begun:`开始时间`,customerKnown:`客户`,customerSub:`商城客户编号`,verifiedByToken:`已通过商城登录验证`,verifiedByEmail:`已通过邮箱验证码验证`,verifiedBySecret:`已通过共享密钥验证（可靠性较低）`,verifiedSomehow:`已验证`,claimed:`页面所述（未验证）`,claimedMore:`此信息未经核实，请勿据此透露个人信息。`,suggestions:`建议回复`,suggestionsFor:`针对“{question}”`,insert:`插入`,insertNamed:`将“{title}”插入回复`,nothingFound:`知识库中没有相关内容。`,curatedAnswer:`标准答案`,reasonNothingRelevant:`知识库没有答案`,reasonCustomerAsked:`客户要求人工`,reasonSearchUnavailable:`检索不可用`,reasonModelUnavailable:`模型不可用`,reasonEmptyAnswer:`模型没有回答`,reasonUnsupportedAnswer:`答案数据无依据`,reasonOverloaded:`系统繁忙`,reasonLowSupport:`答案依据不足`,reasonRepeatedFailure:`多次未能解决`,reasonSensitive:`敏感话题`,reasonAbuse:`言语辱骂`,reasonComplaint:`投诉`,reasonOwnCase:`客户自己的订单或账户`,reasonActionFailed:`业务系统没有正常应答`,reasonChangeNeedsPerson:`须由人工办理的变更`,reasonChangeUnconfirmed:`无法确认变更是否成功`,reasonProcedure:`按流程转人工`,reasonTriage:`分诊规则`,triageTitle:`消息分诊`,triageOf:`出自“{message}”`,triagePressing:`最紧要的消息`,triageIntent:`意图`,triageUnknown:`未知`,triageUrgency:`紧急程度`,triageMood:`情绪`,triageAbuse:`辱骂`,triageYes:`是`,triagePriority:`优先级`,triageQueue:`队列`,triageAllQueues:`全部队列`,triageRisk:`操作上限`,triagePerson:`需要人工`,triageRules:`依据规则`,triageSignals:`以下迹象可能与欺诈有关，也可能并无问题：`,triageWordsAlone:`仅根据字词判断，参考价值较低。`,intentOrderStatus:`查询订单`,intentDeliveryProblem:`配送问题`,intentCancelOrder:`取消订单`,intentChangeOrder:`修改订单`,intentChangeAddress:`修改收货地址`,intentChangeItems:`更改订单商品`,intentChangePayment:`更换支付方式`,intentOrderList:`查看订单`,intentReturnRefund:`退货或退款`,intentExchange:`换货`,intentUndoRequest:`撤回之前的申请`,intentPaymentProblem:`支付问题`,intentInvoice:`发票`,intentProductQuestion:`商品咨询`,intentWarrantyRepair:`保修维修`,intentAccountAccess:`登录账户`,intentAccountSecurity:`账户安全或被骗`,intentComplaint:`投诉`,intentPraise:`表扬`,intentHumanRequest:`找人工`,intentSmallTalk:`寒暄`,intentAbuseOnly:`只有辱骂`,intentSpam:`广告`,intentOther:`其他`,intentRules:`询问规则`,urgencyLow:`低`,urgencyNormal:`一般`,urgencyHigh:`高`,urgencyCritical:`危急`,moodCalm:`平静`,moodUnhappy:`不满`,moodAngry:`愤怒`,priorityLow:`低`,priorityNormal:`普通`,priorityHigh:`高`,priorityUrgent:`紧急`,riskRead:`仅限查询`,riskWrite:`可变更，不涉及钱款`,riskMoney:`可涉及钱款`,signalIdentityMismatch:`网页填写的邮箱与已验证的邮箱不一致。`,signalManyReturns:`30 天内有 {n} 次会话涉及退换货。`,signalManyIdentities:`一天内该地址有 {n} 位客户。`,signalManyMessages:`一分钟内发送了 {n} 条消息。`,reasonUnknown:`原因未知`,sourceGenerated:`模型生成`,sourceCurated:`标准答案`,sourceCanned:`固定回复`,sourceExtractive:`原文摘录`,sourceCached:`缓存`,sourceClarifying:`反问澄清`,sourceRefused:`拒答话题`,sourcePerson:`人工`,sourceAction:`业务系统`,sourceUnknown:`无答案`,stateBot:`Kefu 接待中`,stateWaiting:`等待人工`,stateHuman:`人工接待中`,stateReturned:`已交还 Kefu`,stateClosed:`已结束`,sentimentNegative:`情绪负面`,sentimentNeutral:`情绪一般`,sentimentPositive:`情绪正面`,slotNumber:`单号`,slotDate:`日期`,slotAmount:`金额`,slotCode:`编码`,slotPhone:`电话`,slotEmail:`邮箱`,slotOther:`其他`,collection:`知识集`,newCollection:`新建知识集`,collectionId:`标识`,collectionIdHint:`小写字母、数字和“-”，以字母开头`,displayName:`名称`,noCollections:`还没有知识集`,noCollectionsMore:`先新建一个，再导入文档。`,documents:`文档`,document:`文档`,curatedAnswers:`标准答案`,searchTest:`检索测试`,needsAttention:`需要关注`,searchDocuments:`按标题、路径或产品查找`,writeDocument:`撰写文档`,documentCount:`{count} 篇文档`,documentCount_one:`1 篇文档`,noDocuments:`还没有文档`,noDocumentsMore:`将文件拖到上方，几秒后即可检索。`,noDocumentsFound:`没有匹配的文档`,validity:`有效期`,always:`长期有效`,validityEnded:`已过期`,validityEnding:`即将过期`,validityComing:`未生效`,validFrom:`生效日期`,validUntil:`失效日期`,passages:`段落`,updated:`更新时间`,audience:`可见范围`,everyone:`所有人`,staffOnly:`仅内部`,staffOnlyMore:`仅内部可见：不会展示给客户`,showMore:`再显示 {n} 项`,path:`路径`,pathHint:`同一路径再次导入会替换原文档。不写扩展名时按 Markdown 处理。`,address:`网址`,text:`正文`,markdownHint:`支持 Markdown：# 为标题，- 为列表`,editNote:`Kefu 只保存段落而不保存原文件，以下正文由段落拼成。保存后将替换该文档。`,editElsewhere:`如需修改，请以相同路径重新导入修改后的文件。`,deleteDocument:`删除此文档？`,deleteDocumentMore:`“{title}”将立即不再被检索到，且无法撤销。`,upload:`导入`,chooseFiles:`选择文件`,orDrop:`或拖放到此处`,uploadHint:`支持 PDF、Word、PowerPoint、Excel、HTML、Markdown、文本、邮件、问答 CSV 或 JSON、扫描件和图片（PNG、JPEG、WebP、TIFF）、ZIP；单个不超过 64 MiB`,uploadOptions:`应用于接下来的文件`,uploads:`文件`,uploadBroken:`导入中断，请重试此文件。`,progressOf:`{name} 的进度`,phaseQueued:`排队中`,phaseSending:`读取中…`,phaseEmbedding:`{done}/{count} 段`,phaseEmbedding_one:`{done}/{count} 段`,outcomeCreated:`已导入：{count} 段`,outcomeCreated_one:`已导入：{count} 段`,outcomeUpdated:`已更新：{count} 段`,outcomeUpdated_one:`已更新：{count} 段`,outcomeUnchanged:`内容未变`,outcomeUnpacked:`已解包：{count} 篇`,outcomeUnpacked_one:`已解包：{count} 篇`,outcomeDone:`完成`,searchCurated:`按问题或答案查找`,newCurated:`新建标准答案`,editCurated:`编辑标准答案`,answerCount:`{count} 条答案`,answerCount_one:`1 条答案`,noCurated:`还没有标准答案`,noCuratedFound:`没有匹配的标准答案`,noCuratedMore:`客户问到其中的问题时，标准答案会原样给出。`,narrowSearch:`还有更多，请缩小查找范围。`,priorityIs:`优先级 {n}`,deleteCurated:`删除此答案？`,deleteCuratedMore:`“{question}”将重新由文档作答，且无法撤销。`,questions:`问题`,questionsHint:`同一问题的不同问法。只有问的正是这件事时才会给出。`,questionNumber:`问题 {n}`,removeQuestion:`移除问题 {n}`,addQuestion:`添加问题`,answer:`答案`,takeReply:`采用人工回复`,recognised:`自动识别`,priority:`优先级`,testQuestion:`问题`,testQuestionHint:`与线上对话使用完全相同的检索。`,asOf:`按日期`,asCustomer:`以客户视角`,searchTestMore:`查看一个问题能检索到什么、各项信号，以及是否会给出标准答案。`,results:`结果`,foundIn:`{time} 内找到 {count} 段；问题识别为{language}`,foundIn_one:`{time} 内找到 {count} 段；问题识别为{language}`,thresholdTenant:`相关度达到 {value} 的段落会提供给模型（公司设置）。`,thresholdCollection:`相关度达到 {value} 的段落会提供给模型（按本知识集校准）。`,thresholdUnknown:`本知识集尚未校准，使用系统默认阈值。`,tooNear:`后几篇文档与最佳文档相差无几（相差 {apart}，至少需要 {wanted}）：此类问题会转人工。`,aboveThreshold:`提供给模型`,belowThreshold:`低于阈值`,relevance:`相关度`,relevanceIs:`相关度 {value}`,relevanceMore:`回答该问题的可能性；结果按此排序`,score:`得分`,scoreMore:`同一次检索内的排序依据，不能跨问题比较`,cosine:`余弦相似度`,rankIs:`第 {n} 名`,coverage:`词覆盖率`,coverageMore:`问题中的词，罕见词权重更高`,headCosine:`标题相似度`,headCosineMore:`标题与问题的相似度`,headIsQuestion:`标题本身就是问题`,rerank:`重排得分`,rerankMore:`如有重排则以此排序`,otherLanguage:`跨语言`,otherLanguageMore:`按翻译后的词比较`,instructionsLeftOut:`从这里起疑似在指示助手该说什么，回答时不采用：{text}`,samePassages:`另有 {count} 处内容相同：{collections}`,samePassages_one:`另有 {count} 处内容相同：{collections}`,curatedApplies:`会给出此标准答案`,curatedNot:`不会给出最接近的标准答案`,nearestQuestion:`其问题`,needs:`需达到 {value}`,wordsOfAnswer:`仅出现在其问题中`,wordsOfQuery:`仅出现在您的问题中`,curatedTooFar:`两个问题不够接近。`,curatedNotValid:`在该日期无效。`,curatedOtherLanguage:`语言不同。`,curatedOtherNumber:`涉及的数字、日期、编码或型号不同。`,curatedNegation:`其中一个是否定或相反的意思。`,curatedOtherQuestion:`问的不是同一件事，例如一个问时间、一个问价格。`,curatedOtherWords:`关键词不同。`,curatedOtherOrder:`顺序不同，例如从 A 到 B。`,staleDocuments:`已过期或即将过期`,staleMore:`过期文档不再被检索到，请更新或删除。`,noneStale:`30 天内没有文档到期`,neverCited:`从未被引用`,neverCitedMore:`最近 {days} 天没有答案引用它们，最旧的在前。`,neverCitedCut:`被引用的文档超过 {n} 篇，下列中可能有被引用过的。`,noneIdle:`所有文档都被引用过`,andMore:`以及另外 {n} 项`,span:`时间范围`,allKept:`全部`,lastDays:`最近 {count} 天`,lastDays_one:`最近 1 天`,today:`今天`,unansweredMore:`因没有答案而转人工，或答案被差评的问题；相似的问题归为一组。`,allAnswered:`没有未解答的问题`,allAnsweredMore:`没有答案的问题会汇总在这里。`,groupCount:`{questions}，{groups}`,questionCount:`{count} 个问题`,questionCount_one:`1 个问题`,groups:`共 {count} 组`,groups_one:`共 1 组`,examples:`问题（{n}）`,openConversation:`打开会话`,writeAnswer:`撰写答案`,writeAnswerTo:`为“{question}”撰写答案`,makeCurated:`设为标准答案`,personReplied:`人工回复：`,dismiss:`忽略`,dismissNamed:`忽略“{question}”`,dismissed:`已移出列表：{n}`,curatedMade:`已保存。之后问到的客户会得到您的答案，相关问题已移出列表。`,writeNeedsScope:`撰写答案需要 knowledge 权限和至少一个知识集。`,exportCsv:`导出 CSV`,noNumbers:`该时间段内没有提问`,noNumbersMore:`数据按小时统计，会话删除后仍保留。`,questionsAsked:`提问数`,repliesByPeople:`人工回复 {count} 条`,repliesByPeople_one:`人工回复 {count} 条`,resolved:`已解决`,resolvedMore:`共 {outcomes} 个有结果的问题：确认 {confirmed}，推定 {assumed}`,withoutOutcome:`闲聊、反问、办理`,confirmed:`确认解决`,assumed:`推定解决`,reopened:`再次提问`,reopenedMore:`{n} 次再问或差评`,handedOverMore:`{n} 次转人工`,satisfaction:`满意度`,satisfactionMore:`共 {count} 次评价`,satisfactionMore_one:`共 {count} 次评价`,firstText:`首字耗时`,wholeAnswer:`完整回答耗时`,percentiles:`中位数；p95 {p95}，p99 {p99}`,notMeasured:`暂无数据`,cachedOrCurated:`缓存或标准答案`,cachedOrCuratedMore:`缓存 {cached}，标准答案 {curated}`,outcomeByDay:`每日提问结果`,outcomeByHour:`按小时分布`,timesByDay:`每日耗时（p95）`,ratingsByDay:`每日评价`,ratingsByHour:`按小时评价`,byReason:`转人工原因`,bySource:`答案来源`,byLanguage:`提问语言`,topDocuments:`引用最多的文档`,asTable:`表格`,asChart:`图表`,chartAlt:`{name}：合计 {sum}，最高 {most}（{when}）`,thisDesk:`本客服台`,keyOf:`密钥`,tenant:`公司`,role:`角色`,roleApp:`前端应用`,roleAgent:`客服`,roleLead:`主管`,roleAdmin:`管理员`,scopes:`权限`,version:`版本`,hoursAndTexts:`工作时间与话术`,timeZone:`时区`,timeZoneHint:`例如 Asia/Shanghai。留空则用系统默认。`,escalateSeconds:`等待过久的秒数`,escalateHint:`超过后会话会被标记并上报。0 表示从不；留空则用系统默认。`,claimSeconds:`多少秒后会话退回队列`,claimHint:`接手的人一直没有回复时。0 表示从不；留空则为左侧秒数的三倍。`,lapsesIn:`{time}后退回队列`,lapsed:`“{title}”已退回队列：您接手后太久没有回复。`,lapsedOpen:`打开`,businessHours:`工作时间`,businessHoursHint:`每行一条，例如“Mon-Fri 09:00-18:00”“2026-12-25 closed”。留空表示全天营业。`,wrongZone:`没有这个时区，请填写 Asia/Shanghai 这样的名称。`,wrongHours:`无法识别“{line}”。请每行写一条，例如“Mon-Fri 09:00-18:00”“Sat 10:00-16:00”“2026-12-25 closed”。`,wrongSeconds:`请填写整数秒，最多 604,800（一周）。`,wrongText:`最多 1,000 个字符。`,textsIn:`{language}话术`,textGreeting:`问候`,textNothingRelevant:`转人工：没有答案`,textCustomerAsked:`转人工：客户要求`,textOutOfHours:`非工作时间`,openingHint:`{opening} 表示下次上班时间。`,installationsText:`系统默认话术`,identity:`客户登录`,identityMore:`网站告知客户身份后，或客户通过邮箱验证码验证后，会话中会显示客户是谁。`,trustChanged:`客户如何证明身份，或哪些事无需人工即可办理，最近一次更改：{when}，更改者 {who}。`,identityMode:`客户`,identityOff:`无需说明身份`,identityOptional:`可以登录`,identityRequired:`必须登录，未登录者不予回答`,emailCodes:`可通过邮件发送验证码`,identityProof:`由您的网站说明客户身份`,noTokens:`否`,proofJwks:`使用令牌，公钥在指定地址（JWKS）`,proofKey:`使用令牌，公钥如下`,proofSecret:`使用令牌，以共享密钥签名`,sharedSecretWeak:`能验证这种令牌的人也能制作令牌。网站支持时请使用密钥对；客服人员能看到两者的区别。`,jwksUrl:`公钥地址`,jwksUrlHint:`以 https:// 开头。令牌使用未知的密钥时会重新读取。`,publicKey:`公钥（PEM）`,secretName:`密钥名称`,secretNameHint:`已存储在此处的密钥的名称，密钥至少 32 个字符。密钥本身不会显示。`,issuer:`签发者`,issuerHint:`令牌中的“iss”。`,tokenAudience:`令牌受众`,audienceHint:`令牌中的“aud”：应只指这个聊天。`,wrongIdentity:`请检查此项：{why}`,keptClaims:`保留的声明`,keptClaimsHint:`客服人员还能看到的信息，用逗号分隔，最多十项。`,webhooks:`Webhook`,webhooksMore:`通过签名的 HTTP 请求通知其他系统。`,addWebhook:`添加地址`,noWebhooks:`还没有通知任何系统`,deliveries:`投递记录`,deliveriesOf:`{url} 的投递记录`,noDeliveries:`最近 7 天没有投递`,deleteWebhook:`删除此地址？`,deleteWebhookMore:`{url} 将不再收到通知，未投递的内容会被丢弃。`,toldOf:`通知事件`,secret:`签名密钥`,secretMore:`请立即复制，之后无法再次查看。`,secretKept:`我已保存`,redeliver:`重新发送`,delivered:`已送达`,givenUp:`已放弃`,attempts:`第 {n} 次尝试`,nextAttempt:`下次尝试：{time}`,eventHandoff:`转人工`,eventTurn:`消息`,eventRating:`评价`,eventEscalation:`等待过久`,auditLog:`审计日志`,auditMore:`谁在何处对什么做了什么。每条记录都包含前一条的哈希值，任何改动都能被发现。`,auditVerify:`校验`,auditDownload:`下载 JSON Lines`,auditWho:`操作者`,auditWhat:`操作`,auditTarget:`对象`,auditFrom:`来源`,auditOutcome:`结果`,auditFailed:`只看失败的`,auditNothing:`没有这样的记录`,auditEarlier:`显示更早的记录`,auditPeer:`{address}（连接）`,auditUnreadable:`已被改动，无法读取`,auditWhole:`日志完整：共 {n} 条记录。`,auditHash:`请将最后一条记录的哈希值保存在别处：{hash}`,auditUnsealed:`哈希链完整，共 {n} 条记录，但有一端没有封签。{problem}`,auditBroken:`日志在第 {n} 条记录处断裂。{problem}`,failScope:`您的密钥没有 {scope} 权限。`,failUnauthenticated:`密钥已失效，请重新登录。`,failSessionNotFound:`此会话已不存在。`,failSessionClosed:`此会话已结束。`,failClaimLost:`此会话已不归您。`,failCollectionNotFound:`知识集不存在，或您的密钥无权使用。`,failCollectionExists:`已有同名标识的知识集。`,failDocumentNotFound:`此文档已不存在。`,failCuratedNotFound:`此答案已不存在。`,failUnavailable:`服务暂时没有响应，请重试。`,failUnimplemented:`当前系统不提供此功能。`,failNotDurable:`数据没有落盘，因此未写入任何内容，请联系管理员。`,failStaleRevision:`内容已被他人修改，请重新加载页面。`,failDraftNotFound:`此草稿已关闭。`,failDraftOutdated:`草稿建立之后线上内容已有变化：请先更新草稿。`,failDraftHeld:`草稿的检查未通过，或尚未结束。`,failOpenDrafts:`此知识库打开的草稿太多：请先发布或放弃其中一份。`,failKnowledgeMoved:`知识库恰好同时被修改，请重试。`,failVersionNotFound:`此版本已不再保留。`,failRevisionNotFound:`此修订已不再保留。`,failSourceNotFound:`此来源已不存在。`,failSyncNotFound:`此次运行的记录已不再保留。`,failSyncNotHeld:`此次运行已无需决定；请重新查看来源的运行记录。`,failOverloaded:`系统繁忙，请稍后再试。`,failStorageFull:`存储空间已满：暂时无法开始新会话或导入内容，请联系管理员。`,failEmptyDocument:`文件中没有文字。`,failNotText:`不是可读取的文本。`,failNoTextLayer:`这是扫描件或图片，而此处未开启或未安装文字识别（OCR）。请联系管理员，或先对文件做文字识别。`,failBadEncoding:`字符编码无法识别，请另存为 UTF-8。`,failBadTable:`不是问答表：需要 question 和 answer 两列。`,failBadFrontMatter:`开头“---”之间的内容无法解析。`,failBadPath:`压缩包内的文件名指向了包外。`,failBrokenFile:`文件已损坏，请重新保存后再试。`,failPassword:`文件有密码保护，请另存为无密码的副本。`,failTooLarge:`文件过大：不超过 64 MiB。`,failTooSlow:`读取耗时过长，请拆分后再试。`,failUnsupported:`不支持此类文件。`},P=te(Rr,Kr);function qr(e,t){let n=`${e}${t.replace(/(?:^|_)([a-z])/g,(e,t)=>t.toUpperCase())}`;return n in Rr?P(n):t.replaceAll(`_`,` `)}var Jr=S(Date.now());setInterval(()=>{Jr.value=Date.now()},5e3);function Yr(e){let t=Math.max(0,Math.round(e/1e3));if(t<60)return P(`seconds`,{n:t});let n=Math.floor(t/60);if(n<60)return P(`minutes`,{n});let r=Math.floor(n/60);return r<24?n%60==0?P(`hours`,{n:r}):P(`hoursMinutes`,{n:r,m:n%60}):P(`days`,{n:Math.floor(r/24)})}function Xr(e,t=Jr.value){return Yr(t-Ht(e))}function F(e){if(e===void 0)return``;let t=Bt(e),n=t.toDateString()===new Date(Jr.value).toDateString();return new Intl.DateTimeFormat(ce(),{...n?{}:{month:`short`,day:`numeric`},hour:`2-digit`,minute:`2-digit`,hour12:!1}).format(t)}function Zr(e){return e===void 0?``:new Intl.DateTimeFormat(ce(),{dateStyle:`medium`}).format(Bt(e))}function I(e){return new Intl.NumberFormat(ce()).format(e)}function L(e){return new Intl.NumberFormat(ce(),{style:`percent`,maximumFractionDigits:+(e>0&&e<.1)}).format(e)}function Qr(e){return e<1e3?`${Math.round(e)} ms`:`${(e/1e3).toFixed(e<1e4?2:1)} s`}function $r(e){return e<1e3?`${e} B`:e<1e6?`${Math.round(e/1e3)} kB`:`${(e/1e6).toFixed(1)} MB`}function ei(e){return e===``?P(`languageUnknown`):new Intl.DisplayNames([de.value===`zh`?`zh-CN`:`en`],{type:`language`}).of(e)??e}function R(e,t){let[r,i]=n({value:null,failure:null,loading:!0}),[a,o]=n(0),s=T(t);w(()=>{let n=new AbortController,r=s.current.every((e,n)=>Object.is(e,t[n]));return s.current=t,i(({value:e})=>({value:r?e:null,failure:null,loading:!0})),e(n.signal,e=>{n.signal.aborted||i({value:e,failure:null,loading:!0})}).then(e=>{n.signal.aborted||i({value:e,failure:null,loading:!1})},e=>{n.signal.aborted||i(({value:t})=>({value:t,failure:le(e),loading:!1}))}),()=>{n.abort()}},[...t,a]);let c=_(()=>{o(e=>e+1)},[]);return{...r,reload:c}}function z(){let[e,t]=n(!1),[r,i]=n(null);return{busy:e,failure:r,run:n=>{e||(t(!0),i(null),n().catch(e=>{i(le(e))}).finally(()=>{t(!1)}))},clear:()=>{i(null)}}}function B(e){return e.split(`/`).at(-1)??``}function ti(e){return e.split(`/`)[1]??``}function V(e){return e.split(`/`)[1]??``}var ni=[`inbox`,`conversations`,`review`,`unanswered`,`knowledge`,`procedures`,`golden`,`numbers`,`settings`];function ri(e){let[t=``,...n]=e.replace(/^#\/?/,``).split(`/`).map(ui),r=ni.find(e=>e===t);return r===void 0?{section:`inbox`,rest:[]}:{section:r,rest:n.filter(e=>e!==``)}}function H(e,...t){return`#/${[e,...t.map(encodeURIComponent)].join(`/`)}`}var ii=S(ri(``)),ai=null;function oi(){let e=location.hash,t=()=>{let t=ri(location.hash);if(ai!==null&&H(t.section,...t.rest)!==H(ii.value.section,...ii.value.rest)){let t=location.hash;history.replaceState(history.state,``,e===``?location.pathname+location.search:e),ai(t)}else e=location.hash,ii.value=t};addEventListener(`hashchange`,t),t()}function si(e){return ai=e,()=>{ai===e&&(ai=null)}}function ci(e){ai=null,location.hash=e}function li(e,...t){location.hash=H(e,...t)}function ui(e){try{return decodeURIComponent(e)}catch{return e}}var di=p(null),fi=di.Provider;function U(){let e=Te(di);if(e===null)throw Error(`Nobody is signed in.`);return e}var pi=`kefu.desk.key`;function mi(){return sessionStorage.getItem(pi)??``}function hi(e){e===``?sessionStorage.removeItem(pi):sessionStorage.setItem(pi,e)}var gi=class extends Error{status;constructor(e){super(`/api/me: HTTP ${e}`),this.status=e}};async function _i(e){if(!/^[\x21-\x7e]+$/.test(e))throw new gi(401);let t=await fetch(`/api/me`,{headers:{Authorization:`Bearer ${e}`}});if(!t.ok)throw new gi(t.status);return await t.json()}var vi=S(ye(`desk.agent`)??``);function yi(e){let t=e.trim().split(/\s+/).join(` `);pe(`desk.agent`,t),vi.value=t}var bi=S([`light`,`dark`].find(e=>e===ye(`desk.theme`))??`auto`);function xi(e){pe(`desk.theme`,e===`auto`?null:e),bi.value=e,Si()}function Si(){bi.value===`auto`?delete document.documentElement.dataset.theme:document.documentElement.dataset.theme=bi.value}var Ci={SCOPE_MISSING:`failScope`,UNAUTHENTICATED:`failUnauthenticated`,SESSION_NOT_FOUND:`failSessionNotFound`,SESSION_CLOSED:`failSessionClosed`,CLAIM_LOST:`failClaimLost`,COLLECTION_NOT_FOUND:`failCollectionNotFound`,COLLECTION_EXISTS:`failCollectionExists`,DOCUMENT_NOT_FOUND:`failDocumentNotFound`,CURATED_ANSWER_NOT_FOUND:`failCuratedNotFound`,PROCEDURE_NOT_FOUND:`failProcedureNotFound`,GOLDEN_QUESTION_NOT_FOUND:`failGoldenNotFound`,GOLDEN_RUN_NOT_FOUND:`failGoldenRunNotFound`,ACTION_NOT_FOUND:`failActionNotFound`,DRAFT_NOT_FOUND:`failDraftNotFound`,DRAFT_OUTDATED:`failDraftOutdated`,DRAFT_HELD:`failDraftHeld`,KNOWLEDGE_MOVED:`failKnowledgeMoved`,VERSION_NOT_FOUND:`failVersionNotFound`,REVISION_NOT_FOUND:`failRevisionNotFound`,SOURCE_NOT_FOUND:`failSourceNotFound`,SYNC_NOT_FOUND:`failSyncNotFound`,SYNC_NOT_HELD:`failSyncNotHeld`,EXPERIMENT_RUNS:`failExperimentRuns`,EXPERIMENT_NOT_FOUND:`failExperimentNotFound`,SECRET_NOT_FOUND:`failSecretNotFound`,BACKEND_UNAVAILABLE:`failUnavailable`,NOT_DURABLE:`failNotDurable`,STALE_REVISION:`failStaleRevision`,OVERLOADED:`failOverloaded`,STORAGE_FULL:`failStorageFull`,TENANT_LIMIT:`failOverloaded`,EMPTY_DOCUMENT:`failEmptyDocument`,NOT_TEXT:`failNotText`,NO_TEXT_LAYER:`failNoTextLayer`,BAD_ENCODING:`failBadEncoding`,BAD_CSV:`failBadTable`,BAD_JSON:`failBadTable`,BAD_FRONT_MATTER:`failBadFrontMatter`,BAD_PATH:`failBadPath`,BROKEN_FILE:`failBrokenFile`,PASSWORD_PROTECTED:`failPassword`,TOO_LARGE:`failTooLarge`,REQUEST_TOO_LARGE:`failTooLarge`,TOO_SLOW:`failTooSlow`,UNSUPPORTED_TYPE:`failUnsupported`};function wi(e){if(e.reason===`ALREADY_CLAIMED`)return P(`failAlreadyClaimed`,{agent:e.metadata?.agent??`?`});if(e.reason===`TENANT_LIMIT`&&e.metadata?.limit===`open_drafts`)return P(`failOpenDrafts`);let t=Ci[e.reason];return t===void 0?e.code===he.Unimplemented?P(`failUnimplemented`):e.code===he.Unavailable||e.message===`Failed to fetch`?P(`failUnavailable`):e.message||e.reason:P(t,{scope:e.metadata?.scope??``})}var Ti={inbox:`M4 13h4l2 3h4l2-3h4M5 5h14l2 8v5a1.500 1.500 0 0 1-1.500 1.500h-15A1.500 1.500 0 0 1 3 18v-5z`,question:`M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM9.500 9.500a2.500 2.500 0 1 1 3.500 2.300c-.7.300-1 .8-1 1.700m0 3v.010`,book:`M4 5a2 2 0 0 1 2-2h13v15H6a2 2 0 0 0-2 2zm0 15a2 2 0 0 0 2 1h13v-3`,chart:`M4 20h16M7 16v-5m5 5V6m5 10v-8`,gear:`M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6zm8-3-2-.700a6 6 0 0 0-.600-1.500l.900-1.900-2.100-2.100-1.900.900a6 6 0 0 0-1.500-.600L12 4l-.700 2.100a6 6 0 0 0-1.500.600l-1.900-.900-2.100 2.100.900 1.900a6 6 0 0 0-.600 1.500L4 12l2.100.700a6 6 0 0 0 .600 1.500l-.900 1.900 2.100 2.100 1.900-.900a6 6 0 0 0 1.500.600L12 20l.700-2.100a6 6 0 0 0 1.500-.600l1.900.900 2.100-2.100-.900-1.900a6 6 0 0 0 .600-1.500z`,search:`M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zm5-2 4.500 4.500`,upload:`M12 16V5m-5 5 5-5 5 5M5 19h14`,download:`M12 5v11m-5-5 5 5 5-5M5 19h14`,edit:`M4 20l1-4L16 5l3 3L8 19zM14 7l3 3`,back:`M19 12H5m6-6-6 6 6 6`,bell:`M6 16V11a6 6 0 0 1 12 0v5l2 2H4zm4 5h4`,mute:`M6 16V11a6 6 0 0 1 9-5.200M18 11v5l2 2H8M4 4l16 16M10 21h4`,moon:`M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500z`,leave:`M14 4h5v16h-5M4 12h10m-4-4 4 4-4 4`,clock:`M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zm0-14v5l3 2`,plus:`M12 5v14M5 12h14`,file:`M6 3h8l4 4v14H6zm8 0v4h4`,sparkle:`M12 4l1.800 5.200L19 11l-5.200 1.800L12 18l-1.800-5.200L5 11l5.200-1.800z`,star:`M12 3.500l2.600 5.300 5.900.900-4.200 4.100 1 5.800L12 16.900l-5.300 2.700 1-5.800-4.200-4.100 5.900-.900z`,flow:`M5 4h6v5H5zm8 11h6v5h-6zM8 9v8.500h5`,branch:`M12 20v-6m0 0L6 8m6 6 6-6M6 12V8h4m8 4V8h-4`,otherwise:`M6 4v8a4 4 0 0 0 4 4h8m-4-4 4 4-4 4`,say:`M5 4h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z`,act:`M13 3 5 14h6l-1 7 8-11h-6z`,person:`M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm-7.500 8a7.500 7.500 0 0 1 15 0`,check:`M5 12.500l4.500 4.500L19 7.500`,end:`M7 7h10v10H7z`,redo:`M19 8v4h-4M19 12a7 7 0 1 0-2 5`};function W({name:e}){return k(`svg`,{class:`icon-svg`,viewBox:`0 0 24 24`,"aria-hidden":`true`,focusable:`false`,children:k(`path`,{d:Ti[e]})})}function G({kind:e,children:t}){return k(`div`,{class:`notice ${e}`,role:e===`danger`?`alert`:`status`,children:[e===`danger`||e===`warn`?k(Ye,{name:`alert`}):null,k(`div`,{children:t})]})}function K({failure:e,retry:t}){return e===null?null:k(G,{kind:`danger`,children:[wi(e),` `,t?k(`button`,{type:`button`,class:`button small`,onClick:t,children:P(`retry`)}):null]})}function q({icon:e,title:t,children:n}){return k(`div`,{class:`empty`,children:[k(W,{name:e}),k(`p`,{class:`empty-title`,children:t}),n?k(`div`,{class:`empty-more`,children:n}):null]})}function J({label:e=P(`loading`)}){return k(`p`,{class:`busy`,role:`status`,children:[k(`span`,{class:`spinner`,"aria-hidden":`true`}),` `,e]})}function Y({kind:e=`plain`,children:t}){return k(`span`,{class:`badge ${e}`,children:t})}function X(e){let{label:t,hint:n,error:r,children:i}=e,a=re(),o=n?`${a}-hint`:void 0,s=r?`${a}-error`:void 0;return k(`div`,{class:`labelled`,children:[k(`label`,{for:a,children:t}),i(a,[s,o].filter(Boolean).join(` `)||void 0,r!==void 0),r?k(`p`,{class:`field-error`,id:s,children:[k(Ye,{name:`alert`}),` `,r]}):null,n?k(`p`,{class:`hint`,id:o,children:n}):null]})}function Z(e){return k(M,{kind:`box`,title:e.title,closeLabel:P(`close`),onClose:e.onClose,children:[k(`div`,{class:`stack`,children:e.children}),k(K,{failure:e.failure??null}),k(`div`,{class:`dialog-actions`,children:[k(`button`,{type:`button`,class:`button`,onClick:e.onClose,children:P(`cancel`)}),k(`button`,{type:`button`,class:`button ${e.danger?`danger`:`primary`}`,disabled:e.busy,onClick:e.onConfirm,children:e.action})]})]})}function Ei({label:e,items:t}){return k(`nav`,{class:`subnav`,"aria-label":e,children:t.map(e=>k(`a`,{href:e.href,"aria-current":e.current?`page`:void 0,children:[e.label,e.count===void 0?null:k(`span`,{class:`count`,children:e.count})]},e.href))})}function Di({title:e,children:t}){return k(`header`,{class:`page-head`,children:[k(`h1`,{children:e}),k(`div`,{class:`page-tools`,children:t})]})}function Oi({text:e,class:t=``}){return k(`div`,{class:`markdown pre ${t}`.trimEnd(),dir:`auto`,children:at(e)})}var ki=`new?turn=`;function Ai(e){return`${H(`golden`)}/${ki}${e}`}function ji(e){let t=e.join(`/`);return t.startsWith(ki)?t.slice(9):null}function Mi(e){return/goldenRuns\/([\w-]+)/.exec(e)?.[1]??null}function Ni({answer:e,collection:t,collections:r,replies:i=[],beside:a,onClose:s,onSaved:c}){let{services:l}=U(),[u,d]=n(e.questions.length>0?e.questions:[``]),[f,p]=n(e.answer),[m,h]=n(e.language),[g,_]=n(e.validFrom),[v,y]=n(e.validUntil),[b,ee]=n(e.priority),[x,S]=n(e.audience===kr.STAFF),[te,ne]=n(t),[re,ie]=n(null),C=z(),ae=()=>{C.run(async()=>{let t=o(Or,{name:e.name,questions:u.map(e=>e.trim()).filter(e=>e!==``),answer:f.trim(),language:m,validFrom:g,validUntil:v,priority:b,audience:x?kr.STAFF:kr.EVERYONE}),n=await l.knowledge.putCuratedAnswer({collection:te,curatedAnswer:t}),r=n.curatedAnswer??t;n.warnings.length>0?ie({saved:r,warnings:n.warnings}):await c(r)})},oe=(e,t)=>d(u.map((n,r)=>r===e?t:n));if(re!==null){let e=()=>C.run(async()=>await c(re.saved));return k(M,{kind:`panel`,title:P(`savedWithWarnings`),closeLabel:P(`close`),onClose:e,children:k(`div`,{class:`stack`,children:[re.warnings.map(e=>k(G,{kind:`warn`,children:e},e)),k(K,{failure:C.failure}),k(`div`,{class:`dialog-actions`,children:k(`button`,{type:`button`,class:`button primary`,disabled:C.busy,onClick:e,children:P(`close`)})})]})})}return k(M,{kind:`panel`,title:e.name===``?P(`newCurated`):P(`editCurated`),closeLabel:P(`close`),onClose:s,children:k(`form`,{class:`stack`,onSubmit:e=>{e.preventDefault(),ae()},children:[k(`fieldset`,{class:`plain-fieldset`,children:[k(`legend`,{children:P(`questions`)}),k(`p`,{class:`hint`,children:P(`questionsHint`)}),u.map((e,t)=>k(`div`,{class:`row question-row`,children:[k(`input`,{class:`field`,"aria-label":P(`questionNumber`,{n:t+1}),dir:`auto`,maxLength:500,required:t===0,value:e,onInput:e=>oe(t,e.currentTarget.value)}),k(`button`,{type:`button`,class:`button quiet icon small`,"aria-label":P(`removeQuestion`,{n:t+1}),disabled:u.length===1,onClick:()=>d(u.filter((e,n)=>n!==t)),children:k(Ye,{name:`close`})})]},t)),k(`button`,{type:`button`,class:`button small`,disabled:u.length>=20,onClick:()=>d([...u,``]),children:[k(W,{name:`plus`}),` `,P(`addQuestion`)]})]}),k(X,{label:P(`answer`),children:e=>k(`textarea`,{id:e,class:`field`,dir:`auto`,rows:6,maxLength:4e3,required:!0,value:f,onInput:e=>p(e.currentTarget.value)})}),a?.(u,m),i.length>1?k(X,{label:P(`takeReply`),children:e=>k(`select`,{id:e,class:`field`,onChange:e=>p(e.currentTarget.value),children:i.map(e=>k(`option`,{value:e,children:e.slice(0,90)},e))})}):null,k(`div`,{class:`row`,children:[r&&r.length>1?k(X,{label:P(`collection`),children:e=>k(`select`,{id:e,class:`field`,value:te,onChange:e=>ne(e.currentTarget.value),children:r.map(e=>k(`option`,{value:e.name,children:e.displayName||e.name},e.name))})}):null,k(X,{label:P(`language`),children:e=>k(`select`,{id:e,class:`field`,value:m,onChange:e=>h(e.currentTarget.value),children:[k(`option`,{value:``,children:P(`recognised`)}),k(`option`,{value:`en`,children:ei(`en`)}),k(`option`,{value:`zh`,children:ei(`zh`)})]})}),k(X,{label:P(`priority`),children:e=>k(`input`,{id:e,class:`field`,type:`number`,min:-1e3,max:1e3,step:1,value:b,onInput:e=>ee(e.currentTarget.valueAsNumber||0)})})]}),k(`div`,{class:`row`,children:[k(X,{label:P(`validFrom`),children:e=>k(`input`,{id:e,class:`field`,type:`date`,value:g,onInput:e=>_(e.currentTarget.value)})}),k(X,{label:P(`validUntil`),children:e=>k(`input`,{id:e,class:`field`,type:`date`,value:v,onInput:e=>y(e.currentTarget.value)})})]}),k(`label`,{class:`check`,children:[k(`input`,{type:`checkbox`,checked:x,onChange:e=>S(e.currentTarget.checked)}),` `,P(`staffOnlyMore`)]}),k(K,{failure:C.failure}),k(`div`,{class:`dialog-actions`,children:[k(`button`,{type:`button`,class:`button`,onClick:s,children:P(`cancel`)}),k(`button`,{type:`submit`,class:`button primary`,disabled:C.busy,children:P(`save`)})]})]})})}var Pi={inbox:[`desk`],conversations:[`desk`],review:[`desk`],unanswered:[`settings`],knowledge:[`knowledge`],procedures:[`settings`],golden:[`settings`,`knowledge`],numbers:[`settings`]};function Q(e,t){return e.scopes.includes(t)}function Fi(e){return![`desk`,`knowledge`,`settings`,`admin`].some(t=>Q(e,t))}function Ii(e,t){return t===`settings`||Pi[t].some(t=>Q(e,t))?null:Pi[t][0]}function Li(e){return ni.filter(t=>Ii(e,t)===null)}function Ri(e){let t={app:P(`roleApp`),agent:P(`roleAgent`),lead:P(`roleLead`),admin:P(`roleAdmin`)};return _e(e.roles.length>0?e.roles.map(e=>t[e]??e):e.scopes)}function zi({wordings:e,language:t}){let{services:r}=U(),[i,a]=n(null),o=z(),s=e.map(e=>e.trim()).filter(e=>e!==``);return k(`div`,{class:`stack hits-of-answer`,children:[k(`button`,{type:`button`,class:`button small`,disabled:o.busy||s.length===0,onClick:()=>{o.run(async()=>{a(await r.review.listMatchingQuestions({wordings:s,language:t}))})},children:P(`wouldHitCheck`)}),k(K,{failure:o.failure}),i?k(`div`,{role:`status`,children:[i.questions.length===0?k(`p`,{class:`soft`,children:P(`wouldHitNone`,{n:I(i.lookedAt)})}):k(`p`,{class:`soft`,children:P(`wouldHit`)}),k(`ul`,{class:`plain-list`,children:i.questions.map(e=>k(`li`,{children:[k(`a`,{dir:`auto`,href:H(`conversations`,ti(e.turn)),children:e.question}),` `,k(`span`,{class:`soft`,children:[P(`wouldHitTimes`,{n:I(e.count)}),` · `,F(e.time)]})]},e.turn))})]}):null]})}var Bi=500;function Vi({turn:e}){let{services:t,me:r,config:a}=U(),[s,c]=n(!1),l=Q(r,`knowledge`),u=R(async e=>s?(await t.knowledge.listCollections({pageSize:100},{signal:e})).collections:[],[t,s]),[,d=``,,f=``]=(e.completed?.citations[0]?.passage??e.passages[0]?.name??``).split(`/`),p=u.value?.find(e=>V(e.name)===d)??u.value?.find(e=>a.collections.some(t=>t.endsWith(V(e.name))))??u.value?.[0],m=o(Or,{questions:[e.question.slice(0,Bi)],answer:Hi(e),language:e.language});return k(i,{children:[k(`span`,{class:`soft`,children:[P(`correct`),`:`]}),l&&e.question!==``?k(`button`,{type:`button`,class:`button small`,onClick:()=>c(!0),children:P(`correctCurated`)}):null,l&&f!==``?k(`a`,{class:`button small`,href:H(`knowledge`,d,`documents`,f),children:P(`correctDocument`)}):null,Q(r,`settings`)?k(`a`,{class:`button small`,href:Ai(e.name),children:P(`correctGolden`)}):null,s&&p?k(Ni,{answer:m,collection:p.name,collections:u.value??[],beside:(t,n)=>k(zi,{wordings:t,language:n||e.language}),onClose:()=>c(!1),onSaved:()=>c(!1)}):null]})}function Hi(e){return e.handoff?``:e.text.replace(/ ?\[\d{1,3}\]/g,``)}var Ui=Ke(btoa(`
\x1Bkefu/router/v1/review.protokefu.router.v1"¯
\vAnswerMarks
\x07checked (\b
\breplaced (\b
\vlow_support (\b
\x07support (
\breopened (\b
action (	\v
arm\x07 (	(
\x07stratum\b (2.kefu.router.v1.Stratum"
	Judgement(
\x07verdict (2.kefu.router.v1.Verdict
\breviewer (	(
time (\v2.google.protobuf.Timestamp\f
note (	"
\fReviewedTurn"
turn (\v2.kefu.router.v1.Turn*
marks (\v2\x1B.kefu.router.v1.AnswerMarks,
	judgement (\v2.kefu.router.v1.Judgement"Á
%ReviewServiceListConversationsRequest
	page_size (

page_token (	\r
words (	
	languages (	-
\x07sources (2.kefu.router.v1.AnswerSource'
\x07ratings (2.kefu.router.v1.Rating/
\x07reasons\x07 (2.kefu.router.v1.Handoff.Reason
\vhanded_over\b (\b
\x07checked	 (\b
\vlow_support
 (\b
\breopened\v (\b
action\f (	\v
arm\r (	.

start_time (\v2.google.protobuf.Timestamp,
\bend_time (\v2.google.protobuf.Timestamp"
FoundConversation(
\x07session (\v2.kefu.router.v1.Session-
\x07matches (\v2.kefu.router.v1.ReviewedTurn
\vmatch_count (\r"
&ReviewServiceListConversationsResponse8
\rconversations (\v2!.kefu.router.v1.FoundConversation
next_page_token (	
	looked_at (\r")
GetConversationRequest
\x07session (	"p
GetConversationResponse(
\x07session (\v2.kefu.router.v1.Session+
turns (\v2.kefu.router.v1.ReviewedTurn"$
ExplainAnswerRequest\f
turn (	"º

\vExplanation
\bdecision (	
detail (	4
\bsearches (\v2".kefu.router.v1.Explanation.Search6
\bevidence (\v2$.kefu.router.v1.Explanation.Evidence0
model (\v2!.kefu.router.v1.Explanation.Model
\x07profile (	
offered_actions\x07 (	\v
arm\b (	Q
Found
\x07passage (	\r
title (	
	relevance (
\rmin_relevance (
\x07Curated\f
name (	
\bquestion (	
cosine (
\fleast_cosine (
reason (	
question_words (	
\vquery_words\x07 (	Â
Search\r
query (	
\x07history (	
\fused_history (\b
\x07read_as (	
\blanguage (	0
found (\v2!.kefu.router.v1.Explanation.Found4
\x07curated\x07 (\v2#.kefu.router.v1.Explanation.Curated\r
apart\b (
	min_apart	 (
gives_instructions
 (\b
\brevision\v (	'
time\f (\v2.google.protobuf.DurationT
Piece\f
text (	
\x07passage (	
score (H\0
chosen (\bB\b
_scoreì
\bEvidence\r
asked (	
\x07bearing (\r
bears (\b1
pieces (\v2!.kefu.router.v1.Explanation.Piece

first_word (	B
quoted (\bB
\vcomputation\x07 (	B
\bcompared\b (\b'
time	 (\v2.google.protobuf.DurationÅ
Model\r
model (	
\x07replica (	
\vfingerprint (	
\ffailed_check (	\v
cut (	
\x07literal (	
\vreplaced_by\x07 (	
\rcontinuations\b (\r'
time	 (\v2.google.protobuf.Duration"u
ExplainAnswerResponse0
\vexplanation (\v2\x1B.kefu.router.v1.Explanation*
turn (\v2.kefu.router.v1.ReviewedTurn"r
ListMatchingQuestionsRequest
\bwordings (	
\blanguage (	.

start_time (\v2.google.protobuf.Timestamp"ê
MatchingQuestion\f
turn (	
\bquestion (	
\x07wording (	
cosine (\r
count (\r(
time (\v2.google.protobuf.Timestamp,
source\x07 (2.kefu.router.v1.AnswerSource.
reason\b (2.kefu.router.v1.Handoff.Reason"g
ListMatchingQuestionsResponse3
	questions (\v2 .kefu.router.v1.MatchingQuestion
	looked_at (\r"%
GetReviewSampleRequest\v
day (	"s
\rSampledAnswer*
turn (\v2.kefu.router.v1.ReviewedTurn(
\x07stratum (2.kefu.router.v1.Stratum\f
gone (\b"g
\vStratumSize(
\x07stratum (2.kefu.router.v1.Stratum
\x07answers (\r\r
drawn (\r
judged (\r"§
GetReviewSampleResponse\v
day (	.
\x07answers (\v2.kefu.router.v1.SampledAnswer+
strata (\v2\x1B.kefu.router.v1.StratumSize\r
final (\b
\vhanded_over (\r"l
JudgeAnswerRequest\f
turn (	(
\x07verdict (2.kefu.router.v1.Verdict\f
note (	
\breviewer (	"C
JudgeAnswerResponse,
	judgement (\v2.kefu.router.v1.Judgement"=
GetReviewNumbersRequest
	start_day (	
\x07end_day (	"9
\rReviewedShare\r
share (\v
low (\f
high ("Ç
GetReviewNumbersResponse\f
days (	
judged (\r
\x07answers (\r
\vhanded_over (\r/
\bresolved (\v2.kefu.router.v1.ReviewedShare,
right (\v2.kefu.router.v1.ReviewedShare+
half\x07 (\v2.kefu.router.v1.ReviewedShare,
wrong\b (\v2.kefu.router.v1.ReviewedShare-
unsafe	 (\v2.kefu.router.v1.ReviewedShare*n
\x07Verdict
VERDICT_UNSPECIFIED\0
\rVERDICT_RIGHT
\fVERDICT_HALF
\rVERDICT_WRONG
VERDICT_UNSAFE*
\x07Stratum
STRATUM_UNSPECIFIED\0
STRATUM_REPLACED
STRATUM_LOW_SUPPORT
STRATUM_REOPENED
\fSTRATUM_LONG
STRATUM_ORDINARY2ï
\rReviewService
ListConversations5.kefu.router.v1.ReviewServiceListConversationsRequest6.kefu.router.v1.ReviewServiceListConversationsResponseb
GetConversation&.kefu.router.v1.GetConversationRequest'.kefu.router.v1.GetConversationResponse\\
\rExplainAnswer$.kefu.router.v1.ExplainAnswerRequest%.kefu.router.v1.ExplainAnswerResponset
ListMatchingQuestions,.kefu.router.v1.ListMatchingQuestionsRequest-.kefu.router.v1.ListMatchingQuestionsResponseb
GetReviewSample&.kefu.router.v1.GetReviewSampleRequest'.kefu.router.v1.GetReviewSampleResponseV
\vJudgeAnswer".kefu.router.v1.JudgeAnswerRequest#.kefu.router.v1.JudgeAnswerResponsee
GetReviewNumbers'.kefu.router.v1.GetReviewNumbersRequest(.kefu.router.v1.GetReviewNumbersResponsebproto3`),[Ae,Pe,Qe]),Wi=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.RIGHT=1]=`RIGHT`,e[e.HALF=2]=`HALF`,e[e.WRONG=3]=`WRONG`,e[e.UNSAFE=4]=`UNSAFE`,e}({}),Gi=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.REPLACED=1]=`REPLACED`,e[e.LOW_SUPPORT=2]=`LOW_SUPPORT`,e[e.REOPENED=3]=`REOPENED`,e[e.LONG=4]=`LONG`,e[e.ORDINARY=5]=`ORDINARY`,e}({}),Ki=Ie(Ui,0);function qi(e){switch(e){case j.NOTHING_RELEVANT:return P(`reasonNothingRelevant`);case j.CUSTOMER_ASKED:return P(`reasonCustomerAsked`);case j.SEARCH_UNAVAILABLE:return P(`reasonSearchUnavailable`);case j.MODEL_UNAVAILABLE:return P(`reasonModelUnavailable`);case j.EMPTY_ANSWER:return P(`reasonEmptyAnswer`);case j.UNSUPPORTED_ANSWER:return P(`reasonUnsupportedAnswer`);case j.OVERLOADED:return P(`reasonOverloaded`);case j.LOW_SUPPORT:return P(`reasonLowSupport`);case j.REPEATED_FAILURE:return P(`reasonRepeatedFailure`);case j.SENSITIVE:return P(`reasonSensitive`);case j.ABUSE:return P(`reasonAbuse`);case j.COMPLAINT:return P(`reasonComplaint`);case j.OWN_CASE:return P(`reasonOwnCase`);case j.ACTION_FAILED:return P(`reasonActionFailed`);case j.CHANGE_NEEDS_PERSON:return P(`reasonChangeNeedsPerson`);case j.CHANGE_UNCONFIRMED:return P(`reasonChangeUnconfirmed`);case j.PROCEDURE:return P(`reasonProcedure`);case j.TRIAGE:return P(`reasonTriage`);default:return P(`reasonUnknown`)}}function Ji(e){let t=j[e.replace(/^REASON_/,``)];return t===void 0?e:qi(t)}function Yi(e){switch(e){case A.GENERATED:return P(`sourceGenerated`);case A.CURATED:return P(`sourceCurated`);case A.CANNED:return P(`sourceCanned`);case A.EXTRACTIVE:return P(`sourceExtractive`);case A.CACHED:return P(`sourceCached`);case A.CLARIFYING:return P(`sourceClarifying`);case A.REFUSED:return P(`sourceRefused`);case A.PERSON:return P(`sourcePerson`);case A.ACTION:return P(`sourceAction`);default:return P(`sourceUnknown`)}}function Xi(e){let t=A[e.replace(/^ANSWER_SOURCE_/,``)];return t===void 0?e:Yi(t)}function Zi(e){switch(e){case O.WAITING:return P(`stateWaiting`);case O.HUMAN:return P(`stateHuman`);case O.RETURNED:return P(`stateReturned`);case O.CLOSED:return P(`stateClosed`);default:return P(`stateBot`)}}function Qi(e){switch(e){case He.NEGATIVE:return P(`sentimentNegative`);case He.POSITIVE:return P(`sentimentPositive`);default:return P(`sentimentNeutral`)}}function $i(e){switch(e){case Ue.NUMBER:return P(`slotNumber`);case Ue.DATE:return P(`slotDate`);case Ue.AMOUNT:return P(`slotAmount`);case Ue.CODE:return P(`slotCode`);case Ue.PHONE:return P(`slotPhone`);case Ue.EMAIL:return P(`slotEmail`);default:return P(`slotOther`)}}var ea={order_status:()=>P(`intentOrderStatus`),order_list:()=>P(`intentOrderList`),delivery_problem:()=>P(`intentDeliveryProblem`),cancel_order:()=>P(`intentCancelOrder`),change_address:()=>P(`intentChangeAddress`),change_items:()=>P(`intentChangeItems`),change_payment:()=>P(`intentChangePayment`),change_order:()=>P(`intentChangeOrder`),return_refund:()=>P(`intentReturnRefund`),exchange:()=>P(`intentExchange`),undo_request:()=>P(`intentUndoRequest`),payment_problem:()=>P(`intentPaymentProblem`),invoice:()=>P(`intentInvoice`),product_question:()=>P(`intentProductQuestion`),warranty_repair:()=>P(`intentWarrantyRepair`),account_access:()=>P(`intentAccountAccess`),account_security:()=>P(`intentAccountSecurity`),complaint:()=>P(`intentComplaint`),praise:()=>P(`intentPraise`),human_request:()=>P(`intentHumanRequest`),small_talk:()=>P(`intentSmallTalk`),abuse_only:()=>P(`intentAbuseOnly`),spam:()=>P(`intentSpam`),other:()=>P(`intentOther`),rules:()=>P(`intentRules`)};function ta(e){return ea[e]?.()??e}function na(e){switch(e){case`low`:return P(`urgencyLow`);case`high`:return P(`urgencyHigh`);case`critical`:return P(`urgencyCritical`);default:return P(`urgencyNormal`)}}function ra(e){switch(e){case`unhappy`:return P(`moodUnhappy`);case`angry`:return P(`moodAngry`);default:return P(`moodCalm`)}}function ia(e){switch(e){case`low`:return P(`priorityLow`);case`high`:return P(`priorityHigh`);case`urgent`:return P(`priorityUrgent`);default:return P(`priorityNormal`)}}function aa(e){switch(e){case`read`:return P(`riskRead`);case`write`:return P(`riskWrite`);default:return P(`riskMoney`)}}function oa(e,t){switch(e){case`identity_mismatch`:return P(`signalIdentityMismatch`);case`many_returns`:return P(`signalManyReturns`,{n:t});case`many_identities`:return P(`signalManyIdentities`,{n:t});case`many_messages`:return P(`signalManyMessages`,{n:t});default:return e}}var sa=[Wi.RIGHT,Wi.HALF,Wi.WRONG,Wi.UNSAFE];function ca(e){switch(e){case Wi.RIGHT:return P(`verdictRight`);case Wi.HALF:return P(`verdictHalf`);case Wi.WRONG:return P(`verdictWrong`);case Wi.UNSAFE:return P(`verdictUnsafe`);default:return P(`verdictNone`)}}function la(e){switch(e){case Gi.REPLACED:return P(`stratumReplaced`);case Gi.LOW_SUPPORT:return P(`stratumLowSupport`);case Gi.REOPENED:return P(`stratumReopened`);case Gi.LONG:return P(`stratumLong`);default:return P(`stratumOrdinary`)}}function ua(e){let{marks:t,turn:n,judgement:r}=e,i=[];return t?.replaced?i.push({text:P(`markReplaced`),kind:`warn`}):t?.checked&&i.push({text:P(`markChecked`),kind:`warn`}),t?.lowSupport&&i.push({text:P(`markLowSupport`,{value:t.support.toFixed(2)}),kind:`warn`}),t?.reopened&&i.push({text:P(`markReopened`),kind:`warn`}),t?.action&&i.push({text:P(`markAction`,{action:t.action}),kind:`plain`}),n?.handoff&&i.push({text:`${P(`handedOver`)}: ${qi(n.handoff.reason)}`,kind:`plain`}),n?.rating===Je.UP&&i.push({text:P(`ratedUp`),kind:`good`}),n?.rating===Je.DOWN&&i.push({text:P(`ratedDown`),kind:`danger`}),r&&i.push({text:P(`judgedBy`,{verdict:ca(r.verdict),name:r.reviewer}),kind:r.verdict===Wi.RIGHT?`good`:`danger`}),i}function da({turn:e,judgement:t,onJudged:r}){let{services:i,agent:a}=U(),[o,s]=n(t?.note??``),c=z(),l=t=>{c.run(async()=>{r((await i.review.judgeAnswer({turn:e,verdict:t,note:o,reviewer:a})).judgement)})};return k(`div`,{class:`judge`,role:`group`,"aria-label":P(`review`),children:[k(`div`,{class:`row`,children:[sa.map((e,n)=>k(`button`,{type:`button`,class:`button small`,"data-verdict":n+1,"aria-pressed":t?.verdict===e,"aria-disabled":c.busy,onClick:()=>l(e),children:ca(e)},e)),t?k(`button`,{type:`button`,class:`button small quiet`,"aria-disabled":c.busy,onClick:()=>l(Wi.UNSPECIFIED),children:P(`takeVerdictBack`)}):null]}),k(`details`,{class:`examples`,children:[k(`summary`,{children:P(`reviewNote`)}),k(X,{label:P(`reviewNote`),hint:P(`reviewNoteHint`),children:(e,t)=>k(`input`,{id:e,class:`field`,dir:`auto`,maxLength:1e3,value:o,"aria-describedby":t,onInput:e=>s(e.currentTarget.value)})})]}),k(K,{failure:c.failure})]})}function fa({reviewed:e}){let t=e.turn?.completed?.source;return k(`p`,{class:`item-tags`,children:[t?k(Y,{children:Yi(t)}):null,ua(e).map(e=>k(Y,{kind:e.kind,children:e.text},e.text))]})}function pa(e){switch(e.reason){case`TOO_FAR`:return P(`curatedTooFar`);case`NOT_VALID`:return P(`curatedNotValid`);case`OTHER_LANGUAGE`:return P(`curatedOtherLanguage`);case`OTHER_NUMBER`:return P(`curatedOtherNumber`);case`NEGATION`:return P(`curatedNegation`);case`OTHER_QUESTION`:return P(`curatedOtherQuestion`);case`OTHER_WORDS`:return P(`curatedOtherWords`);case`OTHER_ORDER`:return P(`curatedOtherOrder`);default:return e.reason}}function ma(e,t){if(t!==void 0)return{of:`tenant`,value:t};let n=e.map(e=>e.signals?.minRelevance??0).find(e=>e>0);return n===void 0?{of:`unknown`}:{of:`collection`,value:n}}var ha=.5;function ga(e,t){return e.relevance>=(t??(e.signals?.minRelevance||ha))}function _a(e){return[...e].sort((e,t)=>t.relevance-e.relevance)}function va(e){return Number(e?.seconds??0n)*1e3+(e?.nanos??0)/1e6}function ya({turn:e}){let{services:t}=U(),n=R(n=>t.review.explainAnswer({turn:e},{signal:n}),[t,e]),{explanation:r,turn:i}=n.value??{};return k(`section`,{class:`why stack`,"aria-label":P(`whyAsk`),children:[k(K,{failure:n.failure,retry:n.reload}),n.value===null&&n.failure===null?k(J,{}):null,r&&i?.turn?k(ba,{why:r,turn:i.turn}):null]})}function ba({why:e,turn:t}){return k(i,{children:[k(Ca,{why:e,turn:t}),k(`h3`,{children:P(`whyFound`)}),e.searches.length===0?k(`p`,{class:`soft`,children:P(`whyNothing`)}):null,e.searches.map((e,t)=>k(wa,{search:e},t)),e.evidence.length>0?k(`h3`,{children:P(`whyEvidence`)}):null,e.evidence.map((e,t)=>k(Ea,{evidence:e},t)),e.model?k(Da,{model:e.model}):null]})}function xa({decision:e,detail:t}){if(e!==`hand_over`)return t;let[n=``,...r]=t.split(`: `);return[qr(`reason`,n),...r].join(`: `)}function Sa(e){switch(e){case`evidence`:return P(`profileEvidence`);case`choice`:return P(`profileChoice`);case`full`:return P(`profileFull`);case`verified`:return P(`profileVerified`);case`unchecked`:return P(`profileUnchecked`);default:return e}}function Ca({why:e,turn:t}){let{completed:n,triage:r}=t,a=n?.timings,o=(e,t)=>t?[P(e,{time:Qr(Ut(t))})]:[],s=[...o(`timeQueue`,a?.queue),...o(`timeSearch`,a?.search),...o(`timeModel`,e.model?.time),...o(`timeFirst`,a?.firstText),...o(`timeTotal`,a?.total)];return k(`dl`,{class:`facts`,children:[k(`dt`,{children:P(`whyDecision`)}),k(`dd`,{children:[qr(`decision`,e.decision),` `,e.detail?k(`span`,{class:`soft`,children:xa(e)}):null]}),k(`dt`,{children:P(`whyProfile`)}),k(`dd`,{children:Sa(e.profile)}),e.model?.model||n?.model?k(i,{children:[k(`dt`,{children:P(`whyModel`)}),k(`dd`,{children:[e.model?.model||n?.model,` `,k(`span`,{class:`soft`,children:[e.model?.replica,e.model?.fingerprint].filter(Boolean).join(` · `)})]})]}):null,r?k(i,{children:[k(`dt`,{children:P(`whyRead`)}),k(`dd`,{children:[r.intent?ta(r.intent):``,na(r.urgency),ra(r.mood)].filter(Boolean).join(` · `)})]}):null,e.offeredActions.length>0?k(i,{children:[k(`dt`,{children:P(`whyActions`)}),k(`dd`,{children:_e(e.offeredActions)})]}):null,n?.brownOut?k(i,{children:[k(`dt`,{children:P(`whyBrownOut`)}),k(`dd`,{children:P(`whyLevel`,{n:n.brownOut})})]}):null,k(`dt`,{children:P(`whyTimes`)}),k(`dd`,{children:_e(s)})]})}function wa({search:e}){return k(`div`,{class:`stack`,children:[k(`dl`,{class:`facts`,children:[k(`dt`,{children:P(`whyQuery`)}),k(`dd`,{dir:`auto`,children:e.query}),e.readAs?k(i,{children:[k(`dt`,{children:P(`whyReadAs`)}),k(`dd`,{dir:`auto`,children:e.readAs})]}):null,e.usedHistory?k(i,{children:[k(`dt`,{children:P(`whyHistory`)}),k(`dd`,{dir:`auto`,children:e.history})]}):null,e.curated?k(Ta,{near:e.curated}):null]}),e.givesInstructions?k(`p`,{children:P(`whyInstructs`)}):null,e.apart<e.minApart?k(`p`,{children:P(`whyTooClose`,{apart:e.apart.toFixed(3),wanted:e.minApart.toFixed(3)})}):null,e.found.length===0?k(`p`,{class:`soft`,children:P(`whyNothingFound`)}):k(`div`,{class:`table-frame`,tabIndex:0,role:`region`,"aria-label":P(`whyFound`),children:k(`table`,{class:`table`,children:[k(`thead`,{children:k(`tr`,{children:[k(`th`,{scope:`col`,class:`figure`,children:P(`whyRelevance`)}),k(`th`,{scope:`col`,class:`figure`,children:P(`whyNeeded`)}),k(`th`,{scope:`col`,children:P(`document`)})]})}),k(`tbody`,{children:_a(e.found).map(e=>k(`tr`,{children:[k(`td`,{class:`figure`,children:e.relevance>=e.minRelevance?k(`strong`,{children:e.relevance.toFixed(2)}):e.relevance.toFixed(2)}),k(`td`,{class:`figure`,children:e.minRelevance.toFixed(2)}),k(`td`,{class:`wrapping`,children:k(`a`,{href:H(`knowledge`,V(e.passage),`documents`,e.passage.split(`/`)[3]??``),children:e.title||e.passage})})]},e.passage))})]})})]})}function Ta({near:e}){return k(i,{children:[k(`dt`,{children:P(`whyCurated`)}),k(`dd`,{children:[k(`span`,{dir:`auto`,children:e.question}),` `,k(`span`,{class:`soft`,children:P(`whyCosine`,{value:e.cosine.toFixed(3),wanted:e.leastCosine.toFixed(2)})}),` `,e.reason===``?k(Y,{kind:`good`,children:P(`whyCuratedApplies`)}):k(Y,{kind:`warn`,children:P(`whyCuratedNot`,{reason:pa(e)})})]})]})}function Ea({evidence:e}){let t=e.bearing.toFixed(2);return k(`div`,{class:`stack`,children:[k(`p`,{children:[k(`span`,{dir:`auto`,children:e.asked}),` `,e.bears?k(Y,{kind:`good`,children:P(`whyBears`,{value:t})}):k(Y,{kind:`warn`,children:P(`whyBearsNot`,{value:t})})]}),e.computation?k(`p`,{dir:`auto`,children:P(`whyComputed`,{text:e.computation})}):null,k(`ul`,{class:`plain-list rows`,children:e.pieces.map((e,t)=>k(`li`,{dir:`auto`,children:[k(Y,{kind:e.chosen?`good`:`plain`,children:e.chosen?P(`whyChosen`):P(`whyNotChosen`)}),` `,e.text,` `,e.score===void 0?null:k(`span`,{class:`soft`,children:e.score.toFixed(2)})]},t))})]})}function Da({model:e}){return k(i,{children:[k(`h3`,{children:P(`whyChecks`)}),e.failedCheck===``&&e.literal===``?k(`p`,{children:P(`whyPassed`)}):null,e.failedCheck?k(`p`,{children:[P(`whyFailed`,{check:e.failedCheck}),`: `,k(`del`,{dir:`auto`,children:nt(e.cut)})]}):null,e.literal?k(`p`,{children:P(`whyLiteral`,{literal:e.literal})}):null,e.replacedBy?k(`p`,{children:P(`whyInstead`,{what:e.replacedBy})}):null,e.continuations>0?k(`p`,{children:P(`whyContinued`,{n:e.continuations})}):null]})}function Oa(e){return e.question||(e.attachments.length>0?P(`saidFiles`):``)}function ka({names:e}){let{services:t,credentials:r}=U(),[i,a]=n(new Map),o=ct(e[0]??``);return w(()=>{let e=new AbortController;return t.attachments.listAttachments({session:o},{signal:e.signal}).then(({attachments:e})=>a(new Map(e.map(e=>[e.name,e]))),()=>void 0),()=>{e.abort()}},[t,o,e.length]),k(lt,{names:e,token:()=>r.token(),about:e=>i.get(e)})}function Aa({session:e}){let{services:t}=U(),n=R(n=>t.review.getConversation({session:e},{signal:n}),[t,e]);return k(`div`,{class:`page`,children:[k(Di,{title:P(`conversationOf`,{time:F(n.value?.session?.createTime)}),children:[k(`a`,{class:`button small`,href:H(`conversations`),children:[k(W,{name:`back`}),` `,P(`allConversations`)]}),k(`a`,{class:`button small`,href:H(`inbox`,ti(e)),children:P(`openInInbox`)})]}),k(K,{failure:n.failure,retry:n.reload}),n.value===null&&n.failure===null?k(J,{}):null,k(`ol`,{class:`cards`,children:n.value?.turns.map(e=>k(ja,{reviewed:e},e.turn?.name))})]})}function ja({reviewed:e}){let[t,r]=n(e),[a,o]=n(!1),s=t.turn;if(s===void 0)return null;let c=s.agent===``&&s.text!==``;return k(`li`,{class:`card said`,children:[k(`p`,{class:`soft`,children:F(s.createTime)}),s.question?k(`h2`,{class:`said-question`,dir:`auto`,children:s.question}):null,s.attachments.length>0?k(ka,{names:s.attachments}):null,s.withdrawn?k(`p`,{class:`said-withdrawn`,dir:`auto`,children:[P(`withdrawn`),`: `,k(`del`,{children:nt(s.withdrawn)})]}):null,s.agent?k(`p`,{dir:`auto`,children:[s.agent,`:`]}):null,k(Oi,{text:s.text}),k(fa,{reviewed:t}),c?k(i,{children:[k(`div`,{class:`row tools`,children:[k(`button`,{type:`button`,class:`button small`,"aria-expanded":a,"aria-label":P(`whyOf`,{question:Oa(s)}),onClick:()=>o(!a),children:[k(W,{name:`question`}),` `,P(`whyAsk`)]}),k(Vi,{turn:s})]}),t.marks?k(da,{turn:s.name,judgement:t.judgement,onJudged:e=>r({...t,judgement:e})}):null,a?k(ya,{turn:s.name}):null]}):null]})}var Ma=[1,7,30,0],Na=La(A),Pa=La(j);function Fa({filters:e,onChange:t}){let[r,i]=n(e.words),a=n=>t({...e,...n,words:r}),o=(t,n)=>k(`label`,{class:`check`,children:[k(`input`,{type:`checkbox`,checked:e[t],onChange:e=>a({[t]:e.currentTarget.checked})}),` `,n]});return k(`form`,{class:`stack conversation-filters`,role:`search`,onSubmit:e=>{e.preventDefault(),a({})},children:[k(`div`,{class:`row`,children:[k(X,{label:P(`findWords`),children:e=>k(`input`,{id:e,class:`field`,type:`search`,dir:`auto`,maxLength:200,value:r,onInput:e=>i(e.currentTarget.value)})}),k(`button`,{type:`submit`,class:`button primary`,children:[k(W,{name:`search`}),` `,P(`search`)]})]}),k(`div`,{class:`row`,children:[k(Ia,{label:P(`language`),value:e.language,onChange:e=>a({language:e}),options:[`en`,`zh`].map(e=>[e,ei(e)])}),k(Ia,{label:P(`filterSource`),value:e.source===A.UNSPECIFIED?``:String(e.source),onChange:e=>a({source:Number(e)}),options:Na.map(e=>[String(e),Yi(e)])}),k(Ia,{label:P(`filterReason`),value:e.reason,onChange:e=>a({reason:e}),options:[[`*`,P(`handedOverAny`)],...Pa.map(e=>[String(e),qi(e)])]}),k(Ia,{label:P(`filterRating`),value:e.rating,onChange:e=>a({rating:e}),options:[[`up`,P(`ratedUp`)],[`down`,P(`ratedDown`)],[`none`,P(`unrated`)]]}),k(X,{label:P(`filterSince`),children:t=>k(`select`,{id:t,class:`field`,value:e.days,onChange:e=>a({days:Number(e.currentTarget.value)}),children:Ma.map(e=>k(`option`,{value:e,children:e===0?P(`allKept`):P(`lastDays`,{count:e})},e))})})]}),k(`div`,{class:`row`,children:[o(`checked`,P(`filterChecked`)),o(`lowSupport`,P(`filterLowSupport`)),o(`reopened`,P(`filterReopened`)),o(`byAction`,P(`filterAction`))]})]})}function Ia(e){return k(X,{label:e.label,children:t=>k(`select`,{id:t,class:`field`,value:e.value,onChange:t=>e.onChange(t.currentTarget.value),children:[k(`option`,{value:``,children:P(`whichever`)}),e.options.map(([e,t])=>k(`option`,{value:e,children:t},e))]})})}function La(e){return Object.values(e).filter(e=>typeof e==`number`&&e!==0)}var Ra=864e5,za={words:``,language:``,source:A.UNSPECIFIED,rating:``,reason:``,checked:!1,lowSupport:!1,reopened:!1,byAction:!1,days:0},Ba={up:Je.UP,down:Je.DOWN,none:Je.UNSPECIFIED};function Va(e,t,n=Date.now()){let{words:r,language:i,source:a,rating:o,reason:s,checked:c,lowSupport:l,reopened:u,byAction:d,days:f}=e;return{words:r.trim(),languages:i===``?[]:[i],sources:a===A.UNSPECIFIED?[]:[a],ratings:o===``?[]:[Ba[o]],reasons:s===``||s===`*`?[]:[Number(s)],handedOver:s===`*`,checked:c,lowSupport:l,reopened:u,action:d?`*`:``,...f>0?{startTime:Vt(n-f*Ra)}:{},pageSize:20,pageToken:t}}function Ha(){let[e=``]=ii.value.rest,[t,r]=n(za);return e===``?k(`div`,{class:`page`,children:[k(Di,{title:P(`conversationsTitle`)}),k(`p`,{class:`soft page-lead`,children:P(`conversationsMore`)}),k(Fa,{filters:t,onChange:r}),k(Ua,{filters:t})]}):k(Aa,{session:`sessions/${e}`},e)}function Ua({filters:e}){let{services:t}=U(),[r,a]=n({filters:e,count:1}),o=r.filters===e?r.count:1,s=R(async(n,r)=>{let i={conversations:[],nextPageToken:``,lookedAt:0};for(let a=0;a<o;a+=1){let a=await t.review.listConversations(Va(e,i.nextPageToken),{signal:n});if(i={conversations:[...i.conversations,...a.conversations],nextPageToken:a.nextPageToken,lookedAt:i.lookedAt+a.lookedAt},r(i),i.nextPageToken===``)break}return i},[t,e,o]),c=s.value;return k(i,{children:[k(K,{failure:s.failure,retry:s.reload}),c===null&&s.failure===null?k(J,{}):null,c?k(`p`,{class:`soft`,role:`status`,children:P(`lookedAt`,{n:I(c.lookedAt)})}):null,c?.conversations.length===0&&c.nextPageToken===``?k(q,{icon:`say`,title:P(`noConversations`),children:P(`noConversationsMore`)}):null,k(`ol`,{class:`cards`,children:c?.conversations.map(e=>k(Wa,{found:e},e.session?.name))}),c&&c.nextPageToken!==``?k(`button`,{type:`button`,class:`button`,disabled:s.loading,onClick:()=>a({filters:e,count:o+1}),children:P(`lookFurther`)}):null]})}function Wa({found:e}){let[t]=e.matches,n=ti(e.session?.name??``),r=e.matchCount-e.matches.length;return k(`li`,{class:`card found-conversation`,children:[k(`p`,{class:`soft`,children:k(`a`,{href:H(`conversations`,n),children:P(`conversationOf`,{time:F(t?.turn?.createTime)})})}),e.matches.map(e=>k(`div`,{class:`said`,children:[k(`p`,{class:`said-question`,dir:`auto`,children:e.turn?Oa(e.turn):null}),k(`p`,{class:`said-answer`,dir:`auto`,children:nt(e.turn?.text??``)}),k(fa,{reviewed:e})]},e.turn?.name)),r>0?k(`p`,{class:`soft`,children:P(`moreTurns`,{n:r})}):null]})}var Ga=864e5;function Ka(e,t=Date.now()){return new Date(t-e*Ga).toISOString().slice(0,10)}function qa(){let{services:e}=U(),[t,r]=n(Ka(1)),a=R(n=>e.review.getReviewSample({day:t},{signal:n}),[e,t]),o=R(t=>e.review.getReviewNumbers({},{signal:t}),[e]),s=a.value;return k(`div`,{class:`page`,children:[k(Di,{title:P(`review`)}),k(`p`,{class:`soft page-lead`,children:P(`reviewMore`)}),k(`div`,{class:`row`,children:k(X,{label:P(`reviewDay`),children:e=>k(`input`,{id:e,class:`field`,type:`date`,required:!0,max:Ka(0),value:t,onChange:e=>e.currentTarget.value?r(e.currentTarget.value):void 0})})}),k(K,{failure:a.failure,retry:a.reload}),s===null&&a.failure===null?k(J,{}):null,s&&s.answers.length===0?k(q,{icon:`sparkle`,title:P(`noSample`),children:P(`noSampleMore`)}):null,s&&s.answers.length>0?k(i,{children:[s.final?null:k(`p`,{class:`soft`,children:P(`sampleOpen`)}),k(`p`,{class:`hint`,children:P(`reviewKeys`)}),k(Ja,{sample:s,onJudged:o.reload},s.day),k(Xa,{sample:s})]}):null,k(K,{failure:o.failure,retry:o.reload}),o.value?k(Za,{numbers:o.value}):null]})}function Ja({sample:e,onJudged:t}){let[r,i]=n(e.answers),a=T(null),o=T(-1);return w(()=>{let e=e=>{let t=e.target;if(e.ctrlKey||e.metaKey||e.altKey||t?.closest(`input, textarea, select, dialog`))return;let n=[...a.current?.children??[]],r=n.findIndex(e=>e.contains(document.activeElement)),i=r===-1?o.current:r,s=e.key.toLowerCase();if(s===`j`||s===`k`){let e=i===-1?0:Math.min(Math.max(i+(s===`j`?1:-1),0),n.length-1);o.current=e,n[e]?.focus(),n[e]?.scrollIntoView({block:`nearest`})}else if(i!==-1){let e=n[i]?.querySelector(`[data-verdict="${s}"]`);if(!e)return;e.click()}else return;e.preventDefault()};return addEventListener(`keydown`,e),()=>removeEventListener(`keydown`,e)},[]),k(`ol`,{class:`cards review-sample`,ref:a,onFocusIn:({currentTarget:e,target:t})=>{o.current=[...e.children].findIndex(e=>e.contains(t))},children:r.map((e,n)=>k(Ya,{answer:e,onChange:e=>{i(t=>t.map((t,r)=>r===n?e:t)),t()}},e.turn?.turn?.name??n))})}function Ya({answer:e,onChange:t}){let[r,i]=n(!1),a=e.turn,o=a?.turn;return e.gone||a===void 0||o===void 0?k(`li`,{class:`card said`,tabIndex:-1,children:k(`p`,{class:`soft`,children:P(`answerGone`)})}):k(`li`,{class:`card said`,tabIndex:-1,"aria-label":Oa(o),children:[k(`p`,{class:`soft`,children:[k(Y,{kind:`accent`,children:la(e.stratum)}),` `,k(`a`,{href:H(`conversations`,ti(o.name)),children:P(`conversationOf`,{time:F(o.createTime)})})]}),k(`h2`,{class:`said-question`,dir:`auto`,children:Oa(o)}),o.attachments.length>0?k(ka,{names:o.attachments}):null,k(Oi,{text:o.text}),k(fa,{reviewed:a}),k(da,{turn:o.name,judgement:a.judgement,onJudged:n=>t({...e,turn:{...a,judgement:n}})}),k(`div`,{class:`row tools`,children:k(`button`,{type:`button`,class:`button small`,"aria-expanded":r,"aria-label":P(`whyOf`,{question:Oa(o)}),onClick:()=>i(!r),children:[k(W,{name:`question`}),` `,P(`whyAsk`)]})}),r?k(ya,{turn:o.name}):null]})}function Xa({sample:e}){return k(`div`,{class:`table-frame`,tabIndex:0,role:`region`,"aria-label":P(`stratum`),children:k(`table`,{class:`table`,children:[k(`thead`,{children:k(`tr`,{children:[k(`th`,{scope:`col`,children:P(`stratum`)}),k(`th`,{scope:`col`,class:`figure`,children:P(`answersOf`)}),k(`th`,{scope:`col`,class:`figure`,children:P(`drawnOf`)})]})}),k(`tbody`,{children:e.strata.map(e=>k(`tr`,{children:[k(`th`,{scope:`row`,children:la(e.stratum)}),k(`td`,{class:`figure`,children:I(e.answers)}),k(`td`,{class:`figure`,children:I(e.drawn)})]},e.stratum))})]})})}function Za({numbers:e}){let t=[[P(`ofAllQuestions`),e.resolved],[P(`ofAllAnswersRight`),e.right],[P(`verdictHalf`),e.half],[P(`verdictWrong`),e.wrong],[P(`verdictUnsafe`),e.unsafe]];return k(`section`,{"aria-labelledby":`review-numbers`,children:[k(`h2`,{id:`review-numbers`,children:P(`numbersOfReviews`)}),e.judged===0?k(`p`,{class:`soft`,children:P(`noReviews`)}):k(i,{children:[k(`p`,{class:`soft`,children:P(`numbersOfReviewsMore`,{judged:I(e.judged),answers:I(e.answers)})}),k(`dl`,{class:`facts`,children:t.map(([e,t])=>k(Qa,{name:e,share:t},e))})]})]})}function Qa({name:e,share:t}){return t===void 0?null:k(i,{children:[k(`dt`,{children:e}),k(`dd`,{children:P(`shareInterval`,{share:L(t.share),low:L(t.low),high:L(t.high)})})]})}function $a(e){let[t,r]=n(null);return w(()=>{if(!e)return;let t=e=>e.preventDefault();addEventListener(`beforeunload`,t);let n=si(r);return()=>{removeEventListener(`beforeunload`,t),n(),r(null)}},[e]),{asked:t!==null,stay:()=>r(null),leave:()=>{t!==null&&ci(t)}}}function eo({onClose:e,onStored:t}){let{services:r}=U(),[i,a]=n(null),o=z(),s=e=>{o.run(async()=>{let n=new Uint8Array(await e.arrayBuffer()),i=await r.golden.importGoldenQuestions({lines:n});a(i),i.imported>0&&t()})};return k(M,{kind:`box`,title:P(`importGolden`),closeLabel:P(`close`),onClose:e,children:[k(`div`,{class:`stack`,children:[k(`p`,{children:P(`importGoldenMore`)}),k(X,{label:P(`chooseFile`),children:(e,t)=>k(`input`,{id:e,class:`field`,type:`file`,accept:`.jsonl,application/jsonl,text/plain`,"aria-describedby":t,disabled:o.busy,onChange:e=>{let t=e.currentTarget.files?.[0];t&&s(t)}})}),k(K,{failure:o.failure}),i!==null&&i.errors.length===0?k(G,{kind:`good`,children:P(`importedGolden`,{count:i.imported})}):null,i!==null&&i.errors.length>0?k(G,{kind:`danger`,children:[P(`importRefused`),k(`ul`,{class:`plain-list`,children:i.errors.map(e=>k(`li`,{class:`breakable`,children:P(`lineWrong`,{n:e.line,text:e.text})},e.line))})]}):null]}),k(`div`,{class:`dialog-actions`,children:k(`button`,{type:`button`,class:`button`,onClick:e,children:P(`close`)})})]})}function to({disabled:e}){let{services:t}=U(),n=z();return k(i,{children:[k(`button`,{type:`button`,class:`button`,disabled:e||n.busy,onClick:()=>{n.run(async()=>{let{lines:e}=await t.golden.exportGoldenQuestions({}),n=URL.createObjectURL(new Blob([e.slice().buffer],{type:`application/jsonl`})),r=document.createElement(`a`);r.href=n,r.download=`questions.jsonl`,r.click(),URL.revokeObjectURL(n)})},children:[k(W,{name:`download`}),` `,P(`exportGolden`)]}),k(K,{failure:n.failure})]})}var no=Ke(btoa(`
\x1Bkefu/router/v1/golden.protokefu.router.v1"\xA0
GoldenQuestion\f
name (	\f
text (	
\blanguage (	
before (	\f
kind (	5
person (2%.kefu.router.v1.GoldenQuestion.Person9
\bpolarity\x07 (2'.kefu.router.v1.GoldenQuestion.Polarity9
must\b (\v2+.kefu.router.v1.GoldenQuestion.Alternatives
\bmust_not	 (	\f
note
 (	
\vcollections\v (	
	documents\f (	
\brevision\r (/
\vupdate_time (\v2.google.protobuf.Timestamp
author (	*
last (\v2.kefu.router.v1.GoldenAnswer\f
turn (	
\fAlternatives\r
texts (	"X
Person
PERSON_UNSPECIFIED\0\r
	PERSON_NO
PERSON_ALLOWED
PERSON_REQUIRED"G
\bPolarity
POLARITY_UNSPECIFIED\0
\fPOLARITY_YES
\vPOLARITY_NO"¨
\fGoldenAnswer\f
text (	5
\x07verdict (2$.kefu.router.v1.GoldenAnswer.Verdict\v
why (	,
source (2.kefu.router.v1.AnswerSource/
\x07handoff (2.kefu.router.v1.Handoff.Reason
titles (	\r
model\x07 (	
\fmilliseconds\b (\r(
time	 (\v2.google.protobuf.Timestamp"
\x07Verdict
VERDICT_UNSPECIFIED\0
\rVERDICT_RIGHT
\fVERDICT_HALF
\rVERDICT_WRONG
VERDICT_REFUSED
VERDICT_ASKED_BACK"Ü
\fGoldenResult
\bquestion (	\f
text (	
\blanguage (	,
answer (\v2.kefu.router.v1.GoldenAnswer,
before (\v2.kefu.router.v1.GoldenAnswer3
change (2#.kefu.router.v1.GoldenResult.Change
\vasked_again\x07 (\b"t
Change
CHANGE_UNSPECIFIED\0
\vCHANGE_LOST
\rCHANGE_GAINED
CHANGE_STILL_WRONG
CHANGE_STILL_RIGHT"×
	GoldenRun\f
name (	2
\x07trigger (2!.kefu.router.v1.GoldenRun.Trigger\r
draft (	.
state (2.kefu.router.v1.GoldenRun.State.

start_time (\v2.google.protobuf.Timestamp,
\bend_time (\v2.google.protobuf.Timestamp
author\x07 (	
	questions\b (\r
judged	 (\r\r
right
 (\r
	not_asked\v (\r\f
lost\f (\r
gained\r (\r
\vstill_wrong (\r
\vstill_right (\r
lost_questions (	"\\
\x07Trigger
TRIGGER_UNSPECIFIED\0
TRIGGER_DEMAND
\rTRIGGER_DRAFT
\rTRIGGER_NIGHT"X
State
STATE_UNSPECIFIED\0
\rSTATE_RUNNING
STATE_FINISHED
\rSTATE_STOPPED"^
PutGoldenQuestionRequest0
\bquestion (\v2.kefu.router.v1.GoldenQuestion
\brevision ("M
PutGoldenQuestionResponse0
\bquestion (\v2.kefu.router.v1.GoldenQuestion"(
GetGoldenQuestionRequest\f
name (	"M
GetGoldenQuestionResponse0
\bquestion (\v2.kefu.router.v1.GoldenQuestion"
ListGoldenQuestionsRequest"P
\x1BListGoldenQuestionsResponse1
	questions (\v2.kefu.router.v1.GoldenQuestion"+
\x1BDeleteGoldenQuestionRequest\f
name (	"
DeleteGoldenQuestionResponse"B
ImportGoldenQuestionsRequest\r
lines (\f
\vcollections (	"£
ImportGoldenQuestionsResponse
\bimported (\rG
errors (\v27.kefu.router.v1.ImportGoldenQuestionsResponse.LineError'
	LineError\f
line (\r\f
text (	"
ExportGoldenQuestionsRequest".
ExportGoldenQuestionsResponse\r
lines (\f",
ProposeGoldenQuestionRequest\f
turn (	"a
ProposeGoldenQuestionResponse0
\bquestion (\v2.kefu.router.v1.GoldenQuestion
answer (	"=
RunGoldenQuestionsRequest
	questions (	\r
draft (	"¯
RunGoldenQuestionsEvent,
\x07started (\v2.kefu.router.v1.GoldenRunH\0.
result (\v2.kefu.router.v1.GoldenResultH\0-
\bfinished (\v2.kefu.router.v1.GoldenRunH\0B\x07
event"
ListGoldenRunsRequest"A
ListGoldenRunsResponse'
runs (\v2.kefu.router.v1.GoldenRun"#
GetGoldenRunRequest\f
name (	"m
GetGoldenRunResponse&
run (\v2.kefu.router.v1.GoldenRun-
\x07results (\v2.kefu.router.v1.GoldenResult2Ø\b
GoldenQuestionServiceh
PutGoldenQuestion(.kefu.router.v1.PutGoldenQuestionRequest).kefu.router.v1.PutGoldenQuestionResponseh
GetGoldenQuestion(.kefu.router.v1.GetGoldenQuestionRequest).kefu.router.v1.GetGoldenQuestionResponsen
ListGoldenQuestions*.kefu.router.v1.ListGoldenQuestionsRequest+.kefu.router.v1.ListGoldenQuestionsResponseq
DeleteGoldenQuestion+.kefu.router.v1.DeleteGoldenQuestionRequest,.kefu.router.v1.DeleteGoldenQuestionResponset
ImportGoldenQuestions,.kefu.router.v1.ImportGoldenQuestionsRequest-.kefu.router.v1.ImportGoldenQuestionsResponset
ExportGoldenQuestions,.kefu.router.v1.ExportGoldenQuestionsRequest-.kefu.router.v1.ExportGoldenQuestionsResponset
ProposeGoldenQuestion,.kefu.router.v1.ProposeGoldenQuestionRequest-.kefu.router.v1.ProposeGoldenQuestionResponsej
RunGoldenQuestions).kefu.router.v1.RunGoldenQuestionsRequest'.kefu.router.v1.RunGoldenQuestionsEvent0_
ListGoldenRuns%.kefu.router.v1.ListGoldenRunsRequest&.kefu.router.v1.ListGoldenRunsResponseY
\fGetGoldenRun#.kefu.router.v1.GetGoldenRunRequest$.kefu.router.v1.GetGoldenRunResponsebproto3`),[Pe,Qe]),ro=E(no,0),io=E(no,0,0),ao=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.NO=1]=`NO`,e[e.ALLOWED=2]=`ALLOWED`,e[e.REQUIRED=3]=`REQUIRED`,e}({}),oo=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.YES=1]=`YES`,e[e.NO=2]=`NO`,e}({}),so=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.RIGHT=1]=`RIGHT`,e[e.HALF=2]=`HALF`,e[e.WRONG=3]=`WRONG`,e[e.REFUSED=4]=`REFUSED`,e[e.ASKED_BACK=5]=`ASKED_BACK`,e}({}),co=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.LOST=1]=`LOST`,e[e.GAINED=2]=`GAINED`,e[e.STILL_WRONG=3]=`STILL_WRONG`,e[e.STILL_RIGHT=4]=`STILL_RIGHT`,e}({}),lo=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.DEMAND=1]=`DEMAND`,e[e.DRAFT=2]=`DRAFT`,e[e.NIGHT=3]=`NIGHT`,e}({}),uo=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.RUNNING=1]=`RUNNING`,e[e.FINISHED=2]=`FINISHED`,e[e.STOPPED=3]=`STOPPED`,e}({}),fo=Ie(no,0);function po(e){switch(e){case so.RIGHT:return P(`goldenVerdictRight`);case so.HALF:return P(`goldenVerdictHalf`);case so.WRONG:return P(`goldenVerdictWrong`);case so.REFUSED:return P(`verdictRefused`);case so.ASKED_BACK:return P(`verdictAskedBack`);default:return P(`goldenVerdictNone`)}}function mo(e){return e===so.RIGHT?`good`:e===so.UNSPECIFIED?`plain`:`danger`}function ho(e){return e!==void 0&&mo(e.verdict)===`danger`}function go(e){switch(e){case co.LOST:return P(`changeLost`);case co.GAINED:return P(`changeGained`);case co.STILL_WRONG:return P(`changeStillWrong`);case co.STILL_RIGHT:return P(`changeStillRight`);default:return P(`changeNone`)}}function _o(e){switch(e){case co.LOST:return`danger`;case co.GAINED:case co.STILL_RIGHT:return`good`;case co.STILL_WRONG:return`warn`;default:return`plain`}}function vo(e,t){switch(e.trigger){case lo.DRAFT:return P(`triggerDraft`);case lo.NIGHT:return P(`triggerNight`);default:return e.author===``?``:t(e.author)}}function yo(e){switch(e.state){case uo.RUNNING:return P(`runRunning`);case uo.FINISHED:return P(`runFinished`);default:return P(`runStopped`)}}function bo(e){let{right:t,questions:n,lost:r,gained:i,stillWrong:a,notAsked:o}=e;return P(`runSummary`,{right:t,questions:n,lost:r,gained:i,wrong:a,none:o})}var xo=[co.LOST,co.GAINED,co.STILL_WRONG,co.UNSPECIFIED,co.STILL_RIGHT];function So({run:e,results:t}){let[r,i]=n(!1),a=e=>e.change===co.STILL_RIGHT||e.change===co.UNSPECIFIED&&e.answer?.verdict===so.RIGHT,o=t.filter(a).length,s=t.filter(e=>r||!a(e)).sort((e,t)=>xo.indexOf(e.change)-xo.indexOf(t.change)||(e.question<t.question?-1:1));return k(`section`,{class:`stack`,"aria-label":P(`verdict`),children:[e.lost+e.gained===0&&t.length>0?k(`p`,{class:`soft`,children:P(`nothingChanged`)}):null,k(`ul`,{class:`plain-list stack`,children:s.map(t=>k(`li`,{class:`card`,children:k(Co,{of:t,isDraft:e.draft!==``})},t.question))}),o>0&&!r?k(`button`,{type:`button`,class:`button`,onClick:()=>i(!0),children:P(`showStillRight`,{n:o})}):null]})}function Co({of:e,isDraft:t}){return k(`article`,{class:`golden-result`,children:[k(`h2`,{dir:`auto`,class:`breakable`,children:k(`a`,{href:H(`golden`,`questions`,B(e.question)),children:e.text})}),k(`p`,{class:`badges`,children:[k(Y,{kind:_o(e.change),children:go(e.change)}),e.askedAgain?k(Y,{children:P(`askedTwice`)}):null]}),k(`div`,{class:`golden-answers`,children:[k(wo,{label:P(t?`answerLive`:`answerBefore`),of:e.before}),k(wo,{label:P(t?`answerDraft`:`answerNow`),of:e.answer})]})]})}function wo({label:e,of:t,heading:n=`h3`}){return t===void 0?k(`section`,{class:`golden-answer`,"aria-label":e,children:[k(n,{children:e}),k(`p`,{class:`soft`,children:P(`noAnswerBefore`)})]}):k(`section`,{class:`golden-answer is-${mo(t.verdict)}`,"aria-label":e,children:[k(n,{children:[e,` `,k(Y,{kind:mo(t.verdict),children:po(t.verdict)})]}),k(`div`,{dir:`auto`,class:`breakable`,children:t.text===``?k(`p`,{class:`soft`,children:t.titles.length+t.why.length>0?P(`nothingSaid`):P(`answerForgotten`)}):at(t.text)}),t.handoff===j.UNSPECIFIED?null:k(`p`,{class:`soft`,children:P(`calledPerson`,{reason:qi(t.handoff)})}),k(`p`,{class:`soft`,children:[P(`whyVerdict`),`: `,k(`span`,{lang:`en`,children:t.why})]}),t.titles.length>0?k(`p`,{class:`soft`,children:P(`goldenFoundIn`,{titles:t.titles.join(` · `)})}):null]})}function To(){let{services:e}=U(),[t,r]=n({run:null,results:[],busy:!1,failure:null}),i=T(null);w(()=>()=>i.current?.abort(),[]);let a=t=>{let n=new AbortController;i.current?.abort(),i.current=n,r({run:null,results:[],busy:!0,failure:null}),(async()=>{let i=[];for await(let{event:a}of e.golden.runGoldenQuestions({questions:[...t]},{signal:n.signal})){a.case===`result`&&i.push(a.value);let e=a.case===`started`||a.case===`finished`?{run:a.value}:{};r(t=>({...t,...e,results:[...i]}))}})().then(()=>{r(e=>({...e,busy:!1}))},e=>{n.signal.aborted||r(t=>({...t,busy:!1,failure:le(e)}))})};return{...t,start:a}}function Eo(){let{services:e}=U(),[t,r]=n(!1),[a,o]=n(!1),s=To(),c=R(async t=>(await e.golden.listGoldenQuestions({},{signal:t})).questions,[e]);w(()=>{!s.busy&&s.run!==null&&c.reload()},[s.busy]);let l=c.value??[],u=l.filter(e=>ho(e.last)),d=a?u:l;return k(i,{children:[k(`div`,{class:`toolbar`,children:[k(`p`,{class:`soft page-lead`,children:P(`goldenMore`)}),k(`div`,{class:`row`,children:[k(`a`,{class:`button`,href:H(`golden`,`new`),children:[k(W,{name:`plus`}),` `,P(`newGolden`)]}),k(`button`,{type:`button`,class:`button`,onClick:()=>r(!0),children:[k(W,{name:`upload`}),` `,P(`importGolden`)]}),k(to,{disabled:l.length===0}),k(`button`,{type:`button`,class:`button primary`,disabled:s.busy||l.length===0,onClick:()=>s.start([]),children:[k(W,{name:`question`}),` `,P(`runGolden`)]})]})]}),k(K,{failure:c.failure??s.failure,retry:c.reload}),k(Do,{running:s}),c.value===null&&c.failure===null?k(J,{}):null,c.value!==null&&l.length===0?k(q,{icon:`question`,title:P(`noGolden`),children:P(`noGoldenMore`)}):null,l.length>0?k(i,{children:[k(`label`,{class:`check`,children:[k(`input`,{type:`checkbox`,checked:a,onChange:e=>o(e.currentTarget.checked)}),` `,P(`onlyRed`),` (`,u.length,`)`]}),k(`div`,{class:`table-frame`,tabIndex:0,role:`region`,"aria-label":P(`golden`),children:k(`table`,{class:`table`,children:[k(`thead`,{children:k(`tr`,{children:[k(`th`,{scope:`col`,children:P(`goldenQuestion`)}),k(`th`,{scope:`col`,children:P(`verdict`)}),k(`th`,{scope:`col`,children:P(`time`)})]})}),k(`tbody`,{children:d.map(e=>k(`tr`,{children:[k(`th`,{scope:`row`,children:k(`a`,{class:`breakable`,dir:`auto`,href:H(`golden`,`questions`,B(e.name)),children:e.text})}),k(`td`,{children:e.last===void 0?k(Y,{children:P(`goldenNotAsked`)}):k(Y,{kind:mo(e.last.verdict),children:po(e.last.verdict)})}),k(`td`,{children:e.last===void 0?`–`:F(e.last.time)})]},e.name))})]})})]}):null,t?k(eo,{onClose:()=>r(!1),onStored:()=>{c.reload()}}):null]})}function Do({running:e}){let{run:t,results:n,busy:r}=e,a=$a(r),o=a.asked?k(Z,{title:P(`stopRun`),action:P(`stopAndLeave`),danger:!0,onConfirm:a.leave,onClose:a.stay,children:k(`p`,{children:P(`stopRunMore`)})}):null;if(t===null)return r?k(i,{children:[k(J,{}),o]}):null;let{questions:s}=t;return r?k(`div`,{class:`golden-progress`,children:[k(`progress`,{max:s,value:n.length,"aria-label":P(`runGolden`)}),k(`p`,{class:`soft`,role:`status`,children:P(`asking`,{judged:n.length,questions:s})}),o]}):k(i,{children:[k(G,{kind:t.lost>0?`danger`:t.right===s?`good`:`warn`,children:bo(t)}),k(So,{run:t,results:n})]})}function Oo(e){return{text:e.text,before:e.before.join(`
`),must:e.must.map(e=>e.texts.join(` | `)).join(`
`),mustNot:e.mustNot.join(`
`),polarity:e.polarity,person:e.person===ao.UNSPECIFIED?ao.NO:e.person,note:e.note,collection:e.collections[0]??``}}function ko(e,t){let n=jo(e.must).map(e=>e.split(`|`).map(e=>e.trim()).filter(e=>e!==``)),r=t.collections.slice(1);return o(ro,{name:t.name,text:e.text.trim(),language:e.text.trim()===t.text?t.language:``,kind:t.kind,before:jo(e.before),must:n.filter(e=>e.length>0).map(e=>o(io,{texts:e})),mustNot:jo(e.mustNot),polarity:e.polarity,person:e.person,note:e.note.trim(),documents:t.documents,turn:t.turn,collections:e.collection===``?[]:[e.collection,...r.filter(t=>t!==e.collection)]})}function Ao(e){return e.must.length>0||e.mustNot.length>0||e.polarity!==oo.UNSPECIFIED||e.person===ao.REQUIRED}function jo(e){return e.split(`
`).map(e=>e.trim()).filter(e=>e!==``)}function Mo({id:e,turn:t}){let{services:n}=U(),r=R(async r=>{if(t!==null){let{question:e,answer:i}=await n.golden.proposeGoldenQuestion({turn:t},{signal:r});return{question:e??o(ro),answer:i}}if(e===``)return{question:o(ro),answer:``};let{question:i}=await n.golden.getGoldenQuestion({name:`goldenQuestions/${e}`},{signal:r});return{question:i??o(ro),answer:``}},[n,e,t]);return k(`div`,{class:`page`,children:[k(Di,{title:P(e===``?`newGolden`:`golden`),children:k(`a`,{class:`button quiet`,href:H(`golden`),children:[k(W,{name:`back`}),` `,P(`golden`)]})}),k(K,{failure:r.failure,retry:r.reload}),r.value===null&&r.failure===null?k(J,{}):null,r.value===null?null:k(No,{of:r.value,fromTurn:t!==null},`${r.value.question.name}:${r.value.question.revision}`)]})}function No({of:{question:e,answer:t},fromTurn:r}){let{services:a,me:o}=U(),[s,c]=n(e),[l,u]=n(Oo(e)),[d,f]=n(null),[p,m]=n(!1),h=z(),g=To(),_=R(async e=>Q(o,`knowledge`)?(await a.knowledge.listCollections({pageSize:100},{signal:e})).collections.map(e=>e.name):[],[a]),v=[...new Set([..._.value??[],...e.collections])],y=e=>{f(null),u({...l,...e})},b=()=>{let e=ko(l,s);Ao(e)?h.run(async()=>{let t=await a.golden.putGoldenQuestion({question:e,revision:s.revision});t.question!==void 0&&(c(t.question),u(Oo(t.question)),f(`saved`))}):f(`nothing`)};return k(`div`,{class:`golden-columns`,children:[k(`form`,{class:`stack`,onSubmit:e=>{e.preventDefault(),b()},children:[r&&s.name===``?k(G,{kind:`info`,children:P(`goldenFromTurn`)}):null,k(X,{label:P(`goldenQuestion`),hint:P(`goldenQuestionHint`),children:(e,t)=>k(`textarea`,{id:e,class:`field`,dir:`auto`,rows:2,required:!0,value:l.text,"aria-describedby":t,onInput:e=>y({text:e.currentTarget.value})})}),k(X,{label:P(`goldenMust`),hint:P(`goldenMustHint`),children:(e,t)=>k(`textarea`,{id:e,class:`field`,dir:`auto`,rows:3,value:l.must,"aria-describedby":t,onInput:e=>y({must:e.currentTarget.value})})}),k(X,{label:P(`goldenMustNot`),hint:P(`goldenMustNotHint`),children:(e,t)=>k(`textarea`,{id:e,class:`field`,dir:`auto`,rows:2,value:l.mustNot,"aria-describedby":t,onInput:e=>y({mustNot:e.currentTarget.value})})}),k(X,{label:P(`goldenPolarity`),hint:P(`goldenPolarityHint`),children:(e,t)=>k(`select`,{id:e,class:`field`,value:l.polarity,"aria-describedby":t,onChange:e=>y({polarity:Number(e.currentTarget.value)}),children:[k(`option`,{value:oo.UNSPECIFIED,children:P(`polarityNone`)}),k(`option`,{value:oo.YES,children:P(`polarityYes`)}),k(`option`,{value:oo.NO,children:P(`polarityNo`)})]})}),k(X,{label:P(`goldenPerson`),children:e=>k(`select`,{id:e,class:`field`,value:l.person,onChange:e=>y({person:Number(e.currentTarget.value)}),children:[k(`option`,{value:ao.NO,children:P(`personNo`)}),k(`option`,{value:ao.ALLOWED,children:P(`personAllowed`)}),k(`option`,{value:ao.REQUIRED,children:P(`personRequired`)})]})}),k(X,{label:P(`goldenBefore`),hint:P(`goldenBeforeHint`),children:(e,t)=>k(`textarea`,{id:e,class:`field`,dir:`auto`,rows:2,value:l.before,"aria-describedby":t,onInput:e=>y({before:e.currentTarget.value})})}),k(X,{label:P(`goldenCollections`),children:e=>k(`select`,{id:e,class:`field`,value:l.collection,onChange:e=>y({collection:e.currentTarget.value}),children:[k(`option`,{value:``,children:P(`goldenAllCollections`)}),v.map(e=>k(`option`,{value:e,children:V(e)},e))]})}),k(X,{label:P(`goldenNote`),children:e=>k(`input`,{id:e,class:`field`,dir:`auto`,value:l.note,onInput:e=>y({note:e.currentTarget.value})})}),k(K,{failure:h.failure}),d===`nothing`?k(G,{kind:`danger`,children:P(`goldenNeedsMust`)}):null,d===`saved`?k(G,{kind:`good`,children:P(`goldenSaved`)}):null,k(`div`,{class:`row save-bar`,children:[k(`button`,{type:`submit`,class:`button primary`,disabled:h.busy,children:h.busy?P(`saving`):P(`save`)}),s.name===``?null:k(i,{children:[k(`button`,{type:`button`,class:`button`,disabled:g.busy,onClick:()=>g.start([s.name]),children:P(`runThis`)}),k(`button`,{type:`button`,class:`button danger`,disabled:h.busy,onClick:()=>m(!0),children:P(`delete`)}),k(`span`,{class:`soft mono`,children:B(s.name)})]})]})]}),k(`div`,{class:`stack`,children:[t===``?null:k(`section`,{class:`panel-card`,"aria-label":P(`goldenAnsweredThen`),children:[k(`h2`,{children:P(`goldenAnsweredThen`)}),k(Oi,{text:t})]}),s.last===void 0||g.run!==null?null:k(wo,{label:P(`answerNow`),of:s.last,heading:`h2`}),k(K,{failure:g.failure}),k(Do,{running:g})]}),p?k(Z,{title:P(`delete`),action:P(`delete`),danger:!0,busy:h.busy,failure:h.failure,onClose:()=>m(!1),onConfirm:()=>{h.run(async()=>{await a.golden.deleteGoldenQuestion({name:s.name}),li(`golden`)})},children:k(`p`,{children:P(`goldenDeleteMore`,{text:s.text})})}):null]})}function Po(){let{services:e,me:t}=U(),n=R(async n=>{if(!Q(t,`admin`))return new Map;let{keys:r}=await e.admin.listKeys({},{signal:n});return new Map(r.map(e=>[e.name,e.displayName]))},[e,t]),r=e=>e.replace(`tenants/${t.tenant}/`,``),i=e=>e.endsWith(`/${t.subject}`)?t.name:``;return e=>n.value?.get(e)||i(e)||r(e)}function Fo(){let{services:e}=U(),t=R(async t=>(await e.golden.listGoldenRuns({},{signal:t})).runs,[e]),n=Po(),r=t.value??[];return k(i,{children:[k(K,{failure:t.failure,retry:t.reload}),t.value===null&&t.failure===null?k(J,{}):null,t.value!==null&&r.length===0?k(q,{icon:`question`,title:P(`noRuns`)}):null,r.length>0?k(`div`,{class:`table-frame`,tabIndex:0,role:`region`,"aria-label":P(`goldenRuns`),children:k(`table`,{class:`table`,children:[k(`thead`,{children:k(`tr`,{children:[k(`th`,{scope:`col`,children:P(`time`)}),k(`th`,{scope:`col`,children:P(`runTrigger`)}),k(`th`,{scope:`col`,children:P(`runOver`)}),k(`th`,{scope:`col`,children:P(`stateOf`)}),k(`th`,{scope:`col`,class:`figure`,children:P(`rightCount`)}),k(`th`,{scope:`col`,class:`figure`,children:P(`lostCount`)}),k(`th`,{scope:`col`,class:`figure`,children:P(`gainedCount`)})]})}),k(`tbody`,{children:r.map(e=>k(`tr`,{children:[k(`th`,{scope:`row`,children:k(`a`,{href:H(`golden`,`runs`,B(e.name)),children:F(e.startTime)})}),k(`td`,{class:`breakable`,children:vo(e,n)||`–`}),k(`td`,{class:`breakable`,children:e.draft===``?P(`overLive`):e.draft}),k(`td`,{children:k(Y,{kind:e.state===uo.FINISHED?`plain`:`warn`,children:yo(e)})}),k(`td`,{class:`figure`,children:[I(e.right),`/`,I(e.questions)]}),k(`td`,{class:`figure`,children:e.lost>0?k(Y,{kind:`danger`,children:I(e.lost)}):`0`}),k(`td`,{class:`figure`,children:I(e.gained)})]},e.name))})]})}):null]})}function Io({id:e}){let{services:t}=U(),n=R(n=>t.golden.getGoldenRun({name:`goldenRuns/${e}`},{signal:n}),[t,e]),r=Po(),a=n.value?.run;return k(`div`,{class:`page`,children:[k(Di,{title:a===void 0?P(`goldenRuns`):P(`runOf`,{time:F(a.startTime)}),children:k(`a`,{class:`button quiet`,href:H(`golden`,`runs`),children:[k(W,{name:`back`}),` `,P(`backToRuns`)]})}),k(K,{failure:n.failure,retry:n.reload}),n.value===null&&n.failure===null?k(J,{}):null,a===void 0?null:k(i,{children:[k(`p`,{class:`soft breakable`,children:[vo(a,r),a.draft===``?P(`overLive`):a.draft,yo(a)].filter(Boolean).join(` · `)}),k(G,{kind:a.lost>0?`danger`:a.right===a.questions?`good`:`warn`,children:bo(a)}),k(So,{run:a,results:n.value?.results??[]})]})]})}function Lo(){let{rest:e}=ii.value,[t=``,n=``]=e,r=ji(e);if(r!==null||t===`new`)return k(Mo,{id:``,turn:r},r??``);if(t===`questions`&&n!==``)return k(Mo,{id:n,turn:null},n);if(t===`runs`&&n!==``)return k(Io,{id:n},n);let i=t===`runs`;return k(`div`,{class:`page`,children:[k(Di,{title:P(i?`goldenRuns`:`golden`)}),k(Ei,{label:P(`golden`),items:[{href:H(`golden`),label:P(`golden`),current:!i},{href:H(`golden`,`runs`),label:P(`goldenRuns`),current:i}]}),k(i?Fo:Eo,{})]})}var Ro=3e5,zo=S(0);function Bo(e){let t=new AbortController,n=async()=>{let{runs:n}=await e.golden.listGoldenRuns({},{signal:t.signal});zo.value=n.find(e=>e.draft===``&&e.state===uo.FINISHED)?.lost??0},r=()=>{n().catch(e=>{t.signal.aborted||console.warn(`golden runs`,e)})};r();let i=setInterval(r,Ro);return()=>{clearInterval(i),t.abort()}}var Vo=12e4,Ho={conversations:new Map,agents:[],retold:new Map,connected:!1,known:!1};function Uo(e){return{...e,retold:new Map}}function Wo(e){return{...e,connected:!1}}function Go(e,t){let n={...e,connected:!0};switch(t.event.case){case`conversation`:{let r=t.event.value,i=is(e.conversations,r);return{...n,conversations:i,retold:e.retold&&is(e.retold,r)}}case`deleted`:{let r=t.event.value;return{...n,conversations:as(e.conversations,r),retold:e.retold&&as(e.retold,r)}}case`agents`:return{...n,agents:t.event.value.agents};case`caughtUp`:return{...n,conversations:e.retold??e.conversations,retold:null,known:!0};default:return n}}function Ko(e,t){return{...e,conversations:is(e.conversations,t)}}function qo(e,t,n){let r=e.conversations.get(t.session?.name??``);return r!==void 0&&Zo(r,n)?Ko(e,t):e}function Jo(e,t){let n=[],r=[],i=[];for(let a of e.conversations.values())a.session?.state===O.WAITING?n.push(a):Zo(a,t)?r.push(a):i.push(a);return n.sort(ns),r.sort(ns),i.sort((e,t)=>(e.session?.agent??``).localeCompare(t.session?.agent??``)||ns(e,t)),{waiting:n,mine:r,colleagues:i}}function Yo(e,t,n,r){let i=[];for(let[a,o]of t.conversations){let t=e.conversations.get(a);t!==void 0&&Zo(t,n)&&o.session?.state===O.WAITING&&r(a)&&i.push(o)}return i}function Xo(e,t){if(!e.mine||e.claimExpireTime===void 0)return null;let n=Ht(e.claimExpireTime)-t;return n<Vo?Math.max(n,0):null}function Zo(e,t){return e.mine&&e.session?.state===O.HUMAN&&e.session.agent===t}function Qo(e,t){let{waiting:n,mine:r}=Jo(e,t);return n.length+r.filter(e=>e.waitingSince!==void 0).length}function $o(e,t){let{waiting:n,mine:r}=Jo(e,t),i=[...n,...r.filter(e=>e.waitingSince!==void 0)];return new Set(i.map(e=>`${e.session?.name}@${e.waitingSince?Ht(e.waitingSince):0}`))}var es=[`low`,`normal`,`high`,`urgent`];function ts(e){let t=es.indexOf(e.triage?.priority??`normal`);return t<0?es.indexOf(`normal`):t}function ns(e,t){return ts(t)-ts(e)||rs(e.waitingSince)-rs(t.waitingSince)||rs(e.session?.updateTime)-rs(t.session?.updateTime)}function rs(e){return e===void 0?2**53-1:Ht(e)}function is(e,t){let n=t.session?.name??``,r=t.session?.state;return r!==O.WAITING&&r!==O.HUMAN?as(e,n):new Map(e).set(n,t)}function as(e,t){let n=new Map(e);return n.delete(t),n}var os=S(new Map);function ss(e,t){os.value=new Map(os.value).set(e,t)}function cs(e){let t=new Map(os.value);t.delete(e),os.value=t}var ls=new Set;function us(e){return os.value.has(e)&&!ls.has(e)}var ds=`kefu.desk.draft.`;function fs(e){return sessionStorage.getItem(ds+e)??``}function ps(e,t){t===``?sessionStorage.removeItem(ds+e):sessionStorage.setItem(ds+e,t)}function ms(){return[...crypto.getRandomValues(new Uint8Array(16))].map(e=>e.toString(16).padStart(2,`0`)).join(``)}var hs={firstMs:500,mostMs:15e3},gs=5e3,_s=new Set([he.PermissionDenied,he.NotFound,he.Unimplemented,he.InvalidArgument]);async function vs(e,n,r=hs){let i=r.firstMs,a=!1;for(;!n.aborted;){let o=Date.now();try{e.began?.();for await(let t of e.open(n)){if(n.aborted)return;i=r.firstMs,a=!1,e.event(t)}}catch(r){if(n.aborted)return;let{code:i}=t.from(r),s=i===he.Unauthenticated;if(Date.now()-o>gs&&(a=!1),_s.has(i)||s&&a){e.refused(r);return}a=s}if(n.aborted)return;e.lost?.(),await ys(i*(.75+Math.random()/2),n),i=Math.min(i*2,r.mostMs)}}function ys(e,t){return new Promise(n=>{let r=()=>{clearTimeout(i),removeEventListener(`online`,r),t.removeEventListener(`abort`,r),n()},i=setTimeout(r,e);addEventListener(`online`,r),t.addEventListener(`abort`,r)})}var $=S(Ho),bs=S([]),xs=S(null);function Ss(e,t){let n=new AbortController;return $.value=Ho,xs.value=null,bs.value=[],vs({open:n=>e.desk.watchDesk({agent:t},{signal:n}),began:()=>{$.value=Uo($.value)},event:e=>{let n=$.value;$.value=Go(n,e);let r=bs.value.filter(e=>$.value.conversations.get(e.session?.name??``)?.session?.state===O.WAITING),i=Yo(n,$.value,t,us);(i.length>0||r.length<bs.value.length)&&(bs.value=[...r,...i])},lost:()=>{$.value=Wo($.value)},refused:e=>{xs.value=le(e),$.value=Wo($.value)}},n.signal),()=>{n.abort()}}var Cs=S(ye(`desk.sound`)===`on`),ws=null;function Ts(e){pe(`desk.sound`,e?`on`:null),Cs.value=e,e&&Ds()}function Es(e){let t=null;return se(()=>{let n=Qo($.value,e);if(document.title=n>0?`(${n}) ${P(`deskTitle`)}`:P(`deskTitle`),!$.value.known)return;let r=$o($.value,e),i=t!==null&&[...r].some(e=>!t?.has(e));t=r,i&&Cs.peek()&&Ds()})}function Ds(){ws??=new AudioContext;let e=ws;e.resume().then(()=>{for(let[t,n]of[660,880].entries()){let r=e.currentTime+t*.14,[i,a]=[e.createOscillator(),e.createGain()];i.frequency.value=n,a.gain.setValueAtTime(0,r),a.gain.linearRampToValueAtTime(.12,r+.02),a.gain.exponentialRampToValueAtTime(.001,r+.3),i.connect(a).connect(e.destination),i.start(r),i.stop(r+.32)}})}var Os=Ke(btoa(`
kefu/router/v1/desk.protokefu.router.v1"Ó
\fConversation(
\x07session (\v2.kefu.router.v1.Session(
\x07handoff (\v2.kefu.router.v1.Handoff
\fhandoff_turn (	
\blanguage (	1
\rwaiting_since (\v2.google.protobuf.Timestamp
	escalated (\b
\flast_message\x07 (	\f
mine\b (\b&
triage	 (\v2.kefu.router.v1.Triage5
claim_expire_time
 (\v2.google.protobuf.Timestamp",
Agent\f
name (	
\rconversations (\r"
ListConversationsRequest-
states (2.kefu.router.v1.Session.State
	page_size (

page_token (	\r
queue (	"i
ListConversationsResponse3
\rconversations (\v2.kefu.router.v1.Conversation
next_page_token (	"!
WatchDeskRequest\r
agent (	"
	DeskEvent4
\fconversation (\v2.kefu.router.v1.ConversationH\0
\x07deleted (	H\02
agents (\v2 .kefu.router.v1.DeskEvent.AgentsH\07
	caught_up (\v2".kefu.router.v1.DeskEvent.CaughtUpH\0

\bCaughtUp/
Agents%
agents (\v2.kefu.router.v1.AgentB\x07
event"
ListAgentsRequest";
ListAgentsResponse%
agents (\v2.kefu.router.v1.Agent"H
ClaimSessionRequest
\x07session (	\r
agent (	
	take_over (\b"Y
ClaimSessionResponse2
\fconversation (\v2.kefu.router.v1.Conversation\r
claim ("P
\fReplyRequest
\x07session (	\r
claim (\f
text (	

request_id (	"3
\rReplyResponse"
turn (\v2.kefu.router.v1.Turn"²
ReturnSessionRequest
\x07session (	\r
claim (3
to (2'.kefu.router.v1.ReturnSessionRequest.To"E
To
TO_UNSPECIFIED\0

TO_BOT
\fTO_COLLEAGUE\r
	TO_CLOSED"K
ReturnSessionResponse2
\fconversation (\v2.kefu.router.v1.Conversation2
\vDeskServiceh
ListConversations(.kefu.router.v1.ListConversationsRequest).kefu.router.v1.ListConversationsResponseJ
	WatchDesk .kefu.router.v1.WatchDeskRequest.kefu.router.v1.DeskEvent0S

ListAgents!.kefu.router.v1.ListAgentsRequest".kefu.router.v1.ListAgentsResponseY
\fClaimSession#.kefu.router.v1.ClaimSessionRequest$.kefu.router.v1.ClaimSessionResponseD
Reply.kefu.router.v1.ReplyRequest.kefu.router.v1.ReplyResponse\\
\rReturnSession$.kefu.router.v1.ReturnSessionRequest%.kefu.router.v1.ReturnSessionResponsebproto3`),[Pe,Qe,Be]),ks=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.BOT=1]=`BOT`,e[e.COLLEAGUE=2]=`COLLEAGUE`,e[e.CLOSED=3]=`CLOSED`,e}({}),As=Ie(Os,0),js=4e3;function Ms(e){let t=re(),n=[...e.draft].length,r=n>js,i=e.enabled&&!e.busy&&!r&&e.draft.trim()!==``;return k(`form`,{class:`composer`,onSubmit:t=>{t.preventDefault(),i&&e.onSend()},children:[k(`label`,{class:`unseen`,for:t,children:P(`reply`)}),k(`textarea`,{id:t,class:`field`,rows:3,dir:`auto`,value:e.draft,placeholder:e.enabled?P(`replyPlaceholder`):P(`claimToReply`),"aria-describedby":`${t}-hint`,"aria-invalid":r,onInput:t=>e.onDraft(t.currentTarget.value),onKeyDown:t=>{t.key===`Enter`&&(t.ctrlKey||t.metaKey)&&!t.isComposing&&(t.preventDefault(),i&&e.onSend())}}),k(`div`,{class:`composer-foot`,children:[k(`p`,{id:`${t}-hint`,class:`hint ${r?`bad`:``}`,children:n>3500?P(`characters`,{n,most:js}):e.enabled?P(`replyHint`):P(`claimToReply`)}),k(`button`,{type:`submit`,class:`button primary small`,disabled:!i,children:[k(Ye,{name:`send`}),` `,P(`send`)]})]})]})}function Ns(e,t,n,r,i={title:``,hidden:0,before:``,customer:void 0,profile:{}}){return{turns:e,state:t,agent:n,lastEvent:r,stale:!1,...i}}function Ps(e,t,n){let r=[...[...t].reverse(),...e.turns];return{...e,turns:r,before:n,hidden:n===``?0:Math.max(e.hidden-t.length,1)}}function Fs(e,t){let n={...e,lastEvent:t.id};switch(t.event.case){case`stateChanged`:return{...n,state:t.event.value.state,agent:t.event.value.agent};case`turnStored`:return{...n,turns:Ls(e.turns,t.event.value)};case`missed`:return{...n,stale:!0};default:return n}}function Is(e,t,n){return e.state===O.HUMAN&&e.agent===t?{...e,state:n,agent:``}:e}function Ls(e,t){let n=e.findIndex(e=>e.name===t.name);if(n>=0)return[...e.slice(0,n),t,...e.slice(n+1)];let r=e.length;for(;r>0&&e[r-1].name>t.name;)--r;return[...e.slice(0,r),t,...e.slice(r)]}function Rs(e){return e.flatMap(e=>{let t=e.createTime,n=[],{attachments:r}=e;if((e.question!==``||r.length>0)&&n.push({kind:`customer`,key:`${e.name}?`,text:e.question,time:t,attachments:r}),e.text!==``){let r=e.agent!==``||e.completed?.source===A.PERSON;n.push(r?{kind:`person`,key:`${e.name}!`,text:e.text,time:t,agent:e.agent}:{kind:`kefu`,key:`${e.name}!`,text:e.text,time:t,turn:e})}return e.handoff!==void 0&&n.push({kind:`handoff`,key:`${e.name}#`,handoff:e.handoff}),n})}var zs=3;function Bs(e){let t=Us(e).filter((e,t)=>t===0||!Js(e));return[...new Set(t.map(e=>e.question))].slice(0,zs)}function Vs(e){return Us(e).find(e=>e.triage!==void 0)}function Hs(e,t){return[...e].reverse().find(e=>e.triage!==void 0&&sn(tt,e.triage,t))}function Us(e){let t=[];return e.filter(e=>{let n=t;return e.question!==``&&(t=e.completed?.choices??[],!Ws(e)&&!Ks(e.question,n))}).reverse()}function Ws({handoff:e,completed:t,triage:n}){return n?.likelihood===1&&(n.intent===`small_talk`||n.intent===`human_request`)?!0:e===void 0?t?.source===A.CANNED||t?.source===A.REFUSED:e.reason===j.CUSTOMER_ASKED||e.reason===j.ABUSE}var Gs=/^(?:(?:第|no|number|option)? ?(?:\d{1,2}|[一二三四五六七八]) ?[个個项項]?|(?:the )?(?:first|second|third|fourth|last)(?: one)?)$/;function Ks(e,t){let n=qs(e);if(n===``||t.length===0)return!1;if(Gs.test(n))return!0;let r=e=>/\p{Script=Han}/u.test(n)?e.includes(n):` ${e} `.includes(` ${n} `);return t.some(e=>r(qs(e)))}function qs(e){return e.toLowerCase().replace(/[^\p{L}\p{N}]+/gu,` `).trim()}function Js({handoff:e,completed:t}){return e===void 0&&t?.source===A.ACTION}function Ys(e){return e.at(-1)?.completed?.finishReason===qe.HUMAN}function Xs(e,t){return e.at(-1)?.agent===t}function Zs(e){return[...e].reverse().find(e=>e.handoff!==void 0)?.handoff}function Qs(e){switch(e){case et.TOKEN:return P(`verifiedByToken`);case et.SHARED_SECRET:return P(`verifiedBySecret`);case et.EMAIL_CODE:return P(`verifiedByEmail`);default:return P(`verifiedSomehow`)}}function $s(e){return e.claims.name||e.claims.email||e.sub}function ec({customer:e}){if(e===void 0)return null;let t=e.method===et.SHARED_SECRET;return k(Y,{kind:t?`plain`:`good`,children:[k(`span`,{class:`tick`,role:`img`,"aria-label":Qs(e.method),title:Qs(e.method),children:k(Ye,{name:t?`alert`:`check`})}),k(`span`,{dir:`auto`,children:$s(e)})]})}function tc({customer:e,profile:t}){let n=Object.entries(e?.claims??{}),r=Object.entries(t);return k(i,{children:[e?k(`section`,{children:[k(`h3`,{children:P(`customerKnown`)}),k(`p`,{children:k(ec,{customer:e})}),k(`p`,{class:`soft`,children:[Qs(e.method),e.verifyTime?` (${Bt(e.verifyTime).toLocaleString()})`:``]}),k(nc,{entries:[[P(`customerSub`),e.sub],...n]})]}):null,r.length>0?k(`section`,{children:[k(`h3`,{children:P(`claimed`)}),k(`p`,{class:`soft`,children:P(`claimedMore`)}),k(nc,{entries:r})]}):null]})}function nc({entries:e}){return k(`dl`,{class:`facts`,children:e.map(([e,t])=>k(`div`,{children:[k(`dt`,{children:e}),k(`dd`,{class:`breakable`,dir:`auto`,children:t})]},e))})}var rc=3,ic=.85;async function ac(e,t,n){let{settings:r}=await e.admin.getTenantSettings({},{signal:n}).catch(()=>({settings:void 0}));for(let i of t){let t=await e.knowledge.search({query:i,topK:rc,audience:kr.EVERYONE},{signal:n}),a=t.hits.filter(e=>ga(e,r?.minRelevance)),o=(t.curatedMatch?.cosine??0)>ic?t.curatedMatch?.curatedAnswer:void 0;if(a.length>0||o)return{question:i,hits:a,curated:o}}return{question:``,hits:[],curated:void 0}}function oc({questions:e,canInsert:t,onInsert:n}){let{services:r}=U(),i=R(t=>ac(r,e,t),[r,e.join(`
`)]),a=i.value?.curated;return k(`section`,{class:`suggestions`,children:[k(`h3`,{children:P(`suggestions`)}),k(K,{failure:i.failure,retry:i.reload}),i.value===null&&i.failure===null?k(J,{}):null,i.value?.question?k(`p`,{class:`soft`,dir:`auto`,children:P(`suggestionsFor`,{question:i.value.question})}):null,k(`ul`,{children:[a?k(sc,{title:a.questions[0]??``,text:a.answer,label:P(`curatedAnswer`),canInsert:t,onInsert:n}):null,i.value?.hits.map(e=>k(sc,{title:[e.passage?.title,...e.passage?.headings??[]].join(` › `),text:e.passage?.text??``,label:L(e.relevance),canInsert:t,onInsert:n},e.passage?.name))]}),i.value?.question===``?k(`p`,{class:`soft`,children:P(`nothingFound`)}):null]})}function sc(e){return k(`li`,{class:`suggestion`,children:[k(`p`,{class:`suggestion-head`,children:[k(`strong`,{dir:`auto`,children:e.title}),` `,k(Y,{children:e.label})]}),k(`div`,{class:`suggestion-text`,dir:`auto`,tabIndex:0,role:`group`,"aria-label":e.title,children:k(it,{pieces:[{text:e.text,marked:!1}]})}),k(`button`,{type:`button`,class:`button small`,disabled:!e.canInsert,onClick:()=>e.onInsert(ot(e.text)),"aria-label":P(`insertNamed`,{title:e.title}),children:P(`insert`)})]})}var cc=120;function lc(e){return[...new Set(e.map(e=>e.triage?.queue??``).filter(e=>e!==``))].sort()}function uc({triage:e}){if(e===void 0)return null;let{priority:t,queue:n}=e;return k(i,{children:[t===`normal`||t===``?null:k(Y,{kind:t===`urgent`?`danger`:t===`high`?`warn`:`plain`,children:[P(`triagePriority`),`: `,ia(t)]}),n?k(Y,{children:[P(`triageQueue`),`: `,k(`span`,{dir:`auto`,children:n})]}):null]})}function dc({triage:e,turns:t}){let n=Vs(t),r=e&&Hs(t,e);return n?.triage===void 0||n===r?e?k(mc,{title:P(`triageTitle`),of:e,message:r?.question}):null:k(i,{children:[k(mc,{title:P(`triageTitle`),of:n.triage,message:n.question}),e&&pc(e,n.triage)?k(mc,{title:P(`triagePressing`),of:e,message:r?.question}):null]})}var fc=[`low`,`normal`,`high`,`critical`];function pc(e,t){return e.rules.length+e.signals.length>0||e.abuse||fc.indexOf(e.urgency)>fc.indexOf(t.urgency)}function mc({title:e,of:t,message:n}){let r=[[P(`triageIntent`),t.intent?`${ta(t.intent)} (${L(t.likelihood)})`:P(`triageUnknown`)],[P(`triageUrgency`),na(t.urgency)],[P(`triageMood`),ra(t.mood)]];return t.abuse&&r.push([P(`triageAbuse`),P(`triageYes`)]),t.priority!==``&&t.priority!==`normal`&&r.push([P(`triagePriority`),ia(t.priority)]),t.queue&&r.push([P(`triageQueue`),t.queue]),t.actionRisk&&r.push([P(`triageRisk`),aa(t.actionRisk)]),t.needsPerson&&r.push([P(`triagePerson`),P(`triageYes`)]),k(`section`,{children:[k(`h3`,{children:e}),n?k(`p`,{class:`soft breakable`,dir:`auto`,children:P(`triageOf`,{message:hc(n)})}):null,k(`dl`,{class:`facts`,children:[r.map(([e,t])=>k(`div`,{children:[k(`dt`,{children:e}),k(`dd`,{class:`breakable`,dir:`auto`,children:t})]},e)),t.rules.length>0?k(`div`,{children:[k(`dt`,{children:P(`triageRules`)}),k(`dd`,{class:`breakable`,children:_e(t.rules)})]}):null]}),t.signals.length>0?k(i,{children:[k(`p`,{children:P(`triageSignals`)}),k(`ul`,{class:`tried`,children:t.signals.map(e=>k(`li`,{children:oa(e.kind,e.count)},e.kind))})]}):null,t.compared?null:k(`p`,{class:`soft`,children:P(`triageWordsAlone`)})]})}function hc(e){return e.length>cc?`${e.slice(0,cc).trimEnd()}…`:e}function gc(e){let{handoff:t}=e,n=Bs(e.turns);return k(`aside`,{class:`context`,"aria-label":P(`aboutConversation`),children:k(`details`,{class:`context-fold`,open:!matchMedia(`(max-width: 70rem)`).matches,children:[k(`summary`,{children:P(`aboutConversation`)}),t?k(_c,{handoff:t}):k(`p`,{class:`soft`,children:P(`uninvitedMore`)}),k(dc,{triage:e.conversation?.triage,turns:e.turns}),k(tc,{...e.known}),k(`dl`,{class:`facts`,children:[e.conversation?.language?k(i,{children:[k(`dt`,{children:P(`language`)}),k(`dd`,{children:ei(e.conversation.language)})]}):null,e.conversation?.session?.user?k(i,{children:[k(`dt`,{children:P(`user`)}),k(`dd`,{class:`breakable`,children:e.conversation.session.user})]}):null,e.conversation?.session?.createTime?k(i,{children:[k(`dt`,{children:P(`begun`)}),k(`dd`,{children:F(e.conversation.session.createTime)})]}):null]}),n.length>0?k(oc,{questions:n,canInsert:e.canInsert,onInsert:e.onInsert}):null]})})}function _c({handoff:e}){let t=Q(U().me,`knowledge`);return k(i,{children:[k(`section`,{children:[k(`h3`,{children:P(`why`)}),k(`p`,{class:`why`,children:[k(Y,{kind:`warn`,children:qi(e.reason)}),e.subject?k(Y,{kind:`danger`,children:e.subject}):null,e.sentiment===He.UNSPECIFIED?null:k(Y,{kind:e.sentiment===He.NEGATIVE?`danger`:`plain`,children:Qi(e.sentiment)}),e.outOfHours?k(Y,{children:P(`outOfHours`)}):null]}),e.summary?k(`p`,{class:`summary`,dir:`auto`,children:e.summary}):null]}),e.slots.length>0?k(`section`,{children:[k(`h3`,{children:P(`toldAlready`)}),k(`dl`,{class:`facts`,children:e.slots.map((e,t)=>k(`div`,{children:[k(`dt`,{children:$i(e.kind)}),k(`dd`,{class:`breakable`,children:e.value})]},t))})]}):null,e.passages.length>0?k(`section`,{children:[k(`h3`,{children:P(`passagesTried`)}),k(`ul`,{class:`tried`,children:_a(e.passages).map(e=>k(`li`,{children:[t?k(`a`,{href:H(`knowledge`,V(e.name),`documents`,e.name.split(`/`)[3]??``),children:e.title}):e.title,k(`span`,{class:`soft`,children:L(e.relevance)})]},e.name))})]}):null]})}var vc=100;async function yc(e,t,n){let{session:r}=await e.chat.getSession({name:t},{signal:n}),{turns:i,nextPageToken:a}=await e.chat.listTurns({session:t,pageSize:vc,latestFirst:!0},{signal:n}),o=a===``?0:Math.max((r?.turnCount??0)-i.length,1),s={title:r?.title??``,hidden:o,before:a,customer:r?.customer,profile:r?.profile??{}};return Ns(i.reverse(),r?.state??0,r?.agent??``,r?.lastEvent??``,s)}function bc(e,t){let[r,i]=n(null),[a,o]=n(null),[s,c]=n(!1),[l,u]=n(0),d=T(null),f=e=>{d.current!==null&&(d.current=e(d.current),i(d.current))},p=()=>{u(e=>e+1)};return w(()=>{let n=new AbortController;return o(null),yc(e,t,n.signal).then(r=>{n.signal.aborted||(d.current=r,i(r),vs({open:n=>e.chat.watchSession({session:t,after:d.current?.lastEvent??``},{signal:n}),began:()=>c(!0),event:e=>{f(t=>Fs(t,e)),d.current?.stale&&p()},lost:()=>{c(!1),d.current?.lastEvent===``&&p()},refused:e=>{c(!1),o(le(e))}},n.signal))},e=>{n.signal.aborted||o(le(e))}),()=>{n.abort()}},[e,t,l]),{conversation:r,failure:a,live:s,reload:p,earlier:async()=>{let n=d.current?.before??``;if(n===``)return;let r=await e.chat.listTurns({session:t,pageSize:vc,pageToken:n,latestFirst:!0});f(e=>e.before===n?Ps(e,r.turns,r.nextPageToken):e)},add:e=>{f(t=>({...t,turns:Ls(t.turns,e)}))},hold:e=>{f(t=>({...t,...e}))},returned:(e,t)=>{f(n=>Is(n,e,t))}}}function xc(e){return e.code===he.NotFound}function Sc({turns:e,hidden:t,onEarlier:n}){return k(`ol`,{class:`messages`,children:[t>0?k(`li`,{class:`messages-earlier`,children:k(`button`,{type:`button`,class:`button small`,onClick:n,children:P(`showEarlier`,{n:t})})}):null,Rs(e).map(e=>k(`li`,{class:`message from-${e.kind}`,children:k(Cc,{message:e})},e.key))]})}function Cc({message:e}){if(e.kind===`handoff`)return k(`p`,{class:`handoff-line`,children:[k(Ye,{name:`person`}),` `,P(`handedOver`),`: `,qi(e.handoff.reason)]});let t=e.kind===`kefu`?e.turn.completed?.cards:void 0,n=e.kind===`customer`?P(`customer`):e.kind===`kefu`?P(`kefu`):e.agent;return k(i,{children:[k(`p`,{class:`message-head`,children:[k(`strong`,{children:n}),e.kind===`kefu`?k(wc,{turn:e.turn}):null,k(`time`,{children:F(e.time)})]}),e.kind===`kefu`&&e.turn.withdrawn!==``?k(`p`,{class:`message-withdrawn`,dir:`auto`,children:[P(`withdrawn`),`: `,k(`del`,{children:nt(e.turn.withdrawn)})]}):null,e.kind===`customer`&&e.attachments.length>0?k(ka,{names:e.attachments}):null,e.kind===`customer`?k(`p`,{class:`message-text`,dir:`auto`,children:e.text}):k(Oi,{class:`message-text`,text:t?t.text:e.text}),t?k(st,{cards:t.cards,open:P(`openCard`)}):null,e.kind===`kefu`?k(Tc,{turn:e.turn}):null]})}function wc({turn:e}){return e.state===Re.RUNNING?k(Y,{children:P(`stillWriting`)}):e.completed===void 0?null:k(Y,{children:Yi(e.completed.source)})}function Tc({turn:e}){let t=[...new Map((e.completed?.citations??[]).map(e=>[e.number,e])).values()];return k(i,{children:[t.length>0?k(`ul`,{class:`message-sources`,"aria-label":P(`sources`),children:t.map(e=>k(`li`,{children:[`[`,e.number,`] `,e.title]},e.number))}):null,e.rating===Je.UNSPECIFIED?null:k(`div`,{class:`message-rating ${e.rating===Je.UP?`up`:`down`}`,children:[k(`p`,{children:[k(Ye,{name:e.rating===Je.UP?`up`:`down`}),e.rating===Je.UP?P(`ratedUp`):P(`ratedDown`)]}),e.ratingComment?k(`p`,{class:`rating-comment`,dir:`auto`,children:[`“`,e.ratingComment,`”`]}):null]})]})}function Ec({name:e}){let{services:t,agent:r}=U(),a=bc(t,e),o=$.value.conversations.get(e),s=os.value.get(e),[c,l]=n(null),[u,d]=n(null),[f,p]=n(fs(e)),m=z(),h=T({text:``,id:``}),g=T(!1),{conversation:_}=a,v=_?.state===O.HUMAN,y=v&&_.agent===r&&(o?.mine??s!==void 0),b=y&&s!==void 0,ee=t=>{ps(e,t),p(t)},x=async n=>{try{let i=await t.desk.claimSession({session:e,agent:r,takeOver:n});ss(e,i.claim),i.conversation&&($.value=Ko($.value,i.conversation)),a.hold({state:O.HUMAN,agent:r}),l(null),d(null)}catch(e){let t=le(e);if(t.reason!==`ALREADY_CLAIMED`)throw e;l({kind:`claimed`,agent:t.metadata.agent??``}),d(null)}};w(()=>{y&&s===void 0&&o?.mine===!0&&m.run(()=>x(!1))},[y,s===void 0,o?.mine]),w(()=>{s===void 0||_===null||g.current||v&&_.agent===r||m.run(async()=>{let{session:n}=await t.chat.getSession({name:e});n?.state===O.HUMAN&&n.agent===r?a.hold(n):S(n?.state===O.HUMAN?n.agent:``)})},[_?.state,_?.agent]);let S=t=>{cs(e),l({kind:`lost`,agent:t===r?``:t})},te=async n=>{if(s!==void 0)try{await n(s)}catch(n){if(le(n).reason!==`CLAIM_LOST`)throw n;let{session:r}=await t.chat.getSession({name:e});r&&a.hold(r),S(r?.state===O.HUMAN?r.agent:``)}},ne=()=>{let n=f.trim();n!==``&&(h.current.text!==n&&(h.current={text:n,id:ms()}),m.run(()=>te(async r=>{let{turn:i}=await t.desk.reply({session:e,claim:r,text:n,requestId:h.current.id});h.current={text:``,id:``},i&&a.add(i),p(e=>e.trim()===n?``:e),ps(e,``)})))},re=(n,i)=>{g.current=!0,m.run(()=>te(async o=>{ls.add(e);let s=await t.desk.returnSession({session:e,claim:o,to:n});cs(e),s.conversation&&($.value=qo($.value,s.conversation,r)),a.returned(r,i),d(null)}).finally(()=>{ls.delete(e),g.current=!1}))},ie=()=>{let e=_?.turns??[];o?.waitingSince!==void 0&&!Ys(e)&&!Xs(e,r)?d(`return`):re(ks.BOT,O.RETURNED)};if(_===null)return k(`div`,{class:`conversation`,children:k(`div`,{class:`conversation-main`,children:a.failure&&xc(a.failure)?k(q,{icon:`inbox`,title:P(`conversationGone`),children:k(`a`,{href:H(`inbox`),children:P(`backToInbox`)})}):a.failure?k(K,{failure:a.failure,retry:a.reload}):k(J,{})})});let C=_.state===O.CLOSED,ae=o?.handoff??Zs(_.turns),oe=o?.session??_;return k(`div`,{class:`conversation`,children:[k(`section`,{class:`conversation-main`,"aria-label":P(`conversation`),children:[k(`header`,{class:`conversation-head`,children:[k(`a`,{class:`button quiet icon small only-narrow`,href:H(`inbox`),"aria-label":P(`backToInbox`),children:k(W,{name:`back`})}),k(`div`,{class:`conversation-title`,children:[k(`h2`,{dir:`auto`,children:o?.session?.title||_.title||P(`noTitle`)}),k(`p`,{class:`soft`,children:[k(Y,{kind:y?`good`:v?`accent`:_.state===O.WAITING?`warn`:`plain`,children:y?P(`heldByMe`):v?P(`heldBy`,{agent:_.agent}):Zi(_.state)}),` `,k(ec,{customer:oe.customer}),` `,o?.waitingSince?P(`waitsSince`,{time:Xr(o.waitingSince)}):null]})]}),k(`div`,{class:`conversation-actions`,children:b?k(i,{children:[k(`button`,{type:`button`,class:`button small`,disabled:m.busy,onClick:ie,children:P(`returnToKefu`)}),k(`button`,{type:`button`,class:`button small`,disabled:m.busy,onClick:()=>re(ks.COLLEAGUE,O.WAITING),children:P(`passOn`)}),k(`button`,{type:`button`,class:`button small quiet`,disabled:m.busy,onClick:()=>d(`close`),children:P(`closeConversation`)})]}):C?null:v?k(`button`,{type:`button`,class:`button small`,disabled:m.busy,onClick:()=>d(`takeOver`),children:P(`takeOverFrom`,{agent:_.agent})}):k(`button`,{type:`button`,class:`button small primary`,disabled:m.busy,onClick:()=>m.run(()=>x(!1)),children:P(`takeOver`)})})]}),k(`div`,{class:`conversation-notices`,children:[a.live?null:k(G,{kind:`warn`,children:P(`connectionLost`)}),k(K,{failure:m.failure}),c?k(G,{kind:`danger`,children:[Dc(c,f!==``),` `,C?null:k(`button`,{type:`button`,class:`button small`,onClick:()=>v?d(`takeOver`):m.run(()=>x(!1)),children:P(`takeBack`)})]}):null]}),k(Oc,{turns:_.turns,children:k(Sc,{turns:_.turns,hidden:_.hidden,onEarlier:()=>m.run(a.earlier)})}),C?k(`p`,{class:`composer-closed`,children:P(`closedMore`)}):k(Ms,{draft:f,onDraft:ee,onSend:ne,busy:m.busy,enabled:b})]}),k(gc,{handoff:ae,conversation:o,known:{customer:oe.customer,profile:oe.profile},turns:_.turns,onInsert:e=>ee(f.trim()===``?e:`${f.trimEnd()}\n${e}`),canInsert:b}),u===`takeOver`?k(Z,{title:P(`takeOverFrom`,{agent:_.agent}),action:P(`takeOver`),busy:m.busy,failure:m.failure,onConfirm:()=>m.run(()=>x(!0)),onClose:()=>d(null),children:k(`p`,{children:P(`takeOverMore`,{agent:_.agent})})}):null,u===`return`?k(Z,{title:P(`returnUnanswered`),action:P(`returnToKefu`),busy:m.busy,failure:m.failure,onConfirm:()=>re(ks.BOT,O.RETURNED),onClose:()=>d(null),children:k(`p`,{children:P(`returnUnansweredMore`)})}):null,u===`close`?k(Z,{title:P(`closeConversation`),action:P(`closeConversation`),danger:!0,busy:m.busy,failure:m.failure,onConfirm:()=>re(ks.CLOSED,O.CLOSED),onClose:()=>d(null),children:k(`p`,{children:P(`closeMore`)})}):null]})}function Dc(e,t){let n=e.agent===``?P(`claimLapsed`):P(`failAlreadyClaimed`,{agent:e.agent});return e.kind===`lost`&&t?`${n} ${P(`draftKept`)}`:n}function Oc({turns:e,children:t}){let r=T(null),i=T(!0),[a,o]=n(!1),s=()=>{r.current?.scrollTo({top:r.current.scrollHeight}),o(!1)};return Ee(()=>{i.current?s():o(!0)},[e.at(-1)?.name]),k(`div`,{class:`scroll-frame`,children:[k(`div`,{class:`scroll`,ref:r,tabIndex:0,role:`log`,"aria-label":P(`messages`),onScroll:e=>{let{scrollTop:t,scrollHeight:n,clientHeight:r}=e.currentTarget;i.current=n-t-r<48,i.current&&o(!1)},children:t}),a?k(`button`,{type:`button`,class:`button small primary unread`,onClick:s,children:P(`newMessages`)}):null]})}function kc({onOpen:e}){let{services:t}=U(),n=[O.RETURNED,O.CLOSED],r=R(async e=>(await t.desk.listConversations({states:n,pageSize:100},{signal:e})).conversations,[t]);return r.failure?k(K,{failure:r.failure,retry:r.reload}):r.value===null?k(J,{}):r.value.length===0?k(q,{icon:`inbox`,title:P(`noneEnded`)}):k(`ul`,{class:`plain-list`,children:r.value.map(t=>k(`li`,{children:k(`a`,{class:`conversation-item`,href:H(`inbox`,ti(t.session?.name??``)),onClick:e,children:[k(`span`,{class:`item-top`,children:[k(`span`,{class:`item-title`,dir:`auto`,children:t.session?.title||P(`noTitle`)}),k(`span`,{class:`item-wait`,children:F(t.session?.updateTime)})]}),k(`span`,{class:`item-last`,dir:`auto`,children:rt(t.lastMessage)}),k(`span`,{class:`item-tags`,children:k(Y,{children:Zi(t.session?.state??O.UNSPECIFIED)})})]})},t.session?.name))})}function Ac({conversation:e,open:t}){let{session:n,handoff:r,waitingSince:i}=e,a=ti(n?.name??``),o=Xo(e,Jr.value),s=n?.state===O.HUMAN,c=rt(e.lastMessage),l=c===``||e.lastMessage===n?.title;return k(`a`,{class:`conversation-item`,href:H(`inbox`,a),"aria-current":a===t?`true`:void 0,children:[k(`span`,{class:l?`item-top alone`:`item-top`,children:[k(`span`,{class:`item-title`,dir:`auto`,children:c||n?.title||P(`noTitle`)}),i?k(`span`,{class:`item-wait ${e.escalated?`late`:``}`,children:[k(W,{name:`clock`}),k(`span`,{class:`unseen`,children:[P(`waitsFor`),` `]}),Xr(i,Jr.value)]}):null]}),l?null:k(`span`,{class:`item-last`,dir:`auto`,children:P(`beganWith`,{text:n?.title||P(`noTitle`)})}),k(`span`,{class:`item-tags`,children:[e.escalated?k(Y,{kind:`danger`,children:[k(Ye,{name:`alert`}),` `,P(`escalated`)]}):null,k(uc,{triage:e.triage}),k(ec,{customer:n?.customer}),o===null?null:k(Y,{kind:`danger`,children:P(`lapsesIn`,{time:Yr(o)})}),s?k(Y,{kind:`accent`,children:n.agent}):null,r?k(Y,{children:qi(r.reason)}):k(Y,{children:P(`uninvited`)}),e.language?k(Y,{children:ei(e.language)}):null]})]})}var jc=4,Mc=new Set([`ALREADY_CLAIMED`,`CLAIM_LOST`,`SESSION_CLOSED`,`SESSION_NOT_FOUND`]);async function Nc(e,t,n,r){let i={closed:0,skipped:0},a=[...n];return await Promise.all(Array.from({length:jc},async()=>{for(let n=a.shift();n!==void 0;n=a.shift()){try{let{claim:r}=await e.desk.claimSession({session:n,agent:t,takeOver:!1});await e.desk.returnSession({session:n,claim:r,to:ks.CLOSED}),i={...i,closed:i.closed+1}}catch(e){if(!Mc.has(le(e).reason))throw a.length=0,e;i={...i,skipped:i.skipped+1}}r(i)}})),i}var Pc=e=>e.session?.name??``,Fc=e=>e.handoff?qi(e.handoff.reason):P(`uninvited`);function Ic(e){let{open:t}=e,{services:r,agent:a}=U(),[o,s]=n(``),c=lc(e.conversations),l=c.includes(o)?o:``,u=l?e.conversations.filter(e=>e.triage?.queue===l):e.conversations,[d,f]=n(!1),[p,m]=n(new Set),[h,g]=n(!1),[_,v]=n(null),[y,b]=n(null),ee=z(),x=u.map(Pc).filter(e=>p.has(e)),S=[...new Set(u.map(Fc))],te=e=>{f(e),m(new Set),b(null)},ne=(e,t)=>{let n=new Set(p);t?n.add(e):n.delete(e),m(n)},re=e=>{m(new Set(u.filter(t=>e===`all`||Fc(t)===e).map(Pc)))};return k(i,{children:[k(`section`,{class:`conversations`,"aria-label":P(`waiting`),children:[k(`div`,{class:`conversations-head`,children:[k(`h2`,{children:[P(`waiting`),` `,k(`span`,{class:`count`,children:u.length})]}),u.length>1||d?k(`button`,{type:`button`,class:`button quiet small`,"aria-pressed":d,onClick:()=>te(!d),children:P(d?`selectDone`:`select`)}):null]}),c.length>0?k(`select`,{class:`field`,"aria-label":P(`triageQueue`),value:l,onChange:e=>s(e.currentTarget.value),children:[k(`option`,{value:``,children:P(`triageAllQueues`)}),c.map(e=>k(`option`,{value:e,children:e},e))]}):null,d?k(`div`,{class:`select-tools`,children:[k(`select`,{class:`field`,"aria-label":P(`selectBy`),value:``,onChange:e=>re(e.currentTarget.value),children:[k(`option`,{value:``,disabled:!0,hidden:!0,children:P(`selectBy`)}),k(`option`,{value:`all`,children:P(`selectAll`)}),S.map(e=>k(`option`,{value:e,children:e},e))]}),k(`button`,{type:`button`,class:`button small danger`,disabled:x.length===0,onClick:()=>g(!0),children:P(`closeSelected`,{count:x.length})})]}):null,y?k(G,{kind:`good`,children:[P(`closedSelected`,{count:y.closed}),` `,y.skipped>0?P(`skippedSelected`,{count:y.skipped}):``]}):null,u.length===0?k(`p`,{class:`none`,children:P(`nobodyWaits`)}):k(`ul`,{children:u.map(e=>{let n=Pc(e),r=k(Ac,{conversation:e,open:t});return d?k(`li`,{class:`selectable`,children:[k(`input`,{type:`checkbox`,"aria-label":P(`selectConversation`,{title:e.session?.title||P(`noTitle`)}),checked:p.has(n),onChange:e=>ne(n,e.currentTarget.checked)}),r]},n):k(`li`,{children:r},n)})})]}),h?k(Z,{title:P(`closeSelected`,{count:x.length}),action:P(`closeSelected`,{count:x.length}),danger:!0,busy:ee.busy||x.length===0,failure:ee.failure,onConfirm:()=>{v({closed:0,skipped:0}),ee.run(async()=>{try{let e=await Nc(r,a,x,v);te(!1),b(e),g(!1)}finally{v(null)}})},onClose:()=>g(!1),children:[k(`p`,{children:P(`closeSelectedMore`)}),_?k(`p`,{role:`status`,children:[k(`progress`,{max:x.length+_.closed+_.skipped,value:_.closed+_.skipped}),` `,P(`closingSelected`,{done:_.closed+_.skipped,count:x.length+_.closed+_.skipped})]}):null]}):null]})}function Lc(){let{agent:e}=U(),[t,r]=n(!1),i=ii.value.rest[0]??``;return k(`div`,{class:`inbox ${i===``?``:`is-open`}`,children:[k(`div`,{class:`inbox-list`,children:[k(`header`,{class:`page-head`,children:[k(`h1`,{children:P(`inbox`)}),k(`button`,{type:`button`,class:`button quiet small`,onClick:()=>r(!0),children:P(`endedConversations`)})]}),k(Rc,{agent:e,open:i})]}),i===``?k(`div`,{class:`inbox-none`,children:k(q,{icon:`inbox`,title:P(`chooseConversation`),children:P(`chooseConversationMore`)})}):k(Ec,{name:`sessions/${i}`},i),t?k(M,{kind:`panel`,title:P(`endedConversations`),closeLabel:P(`close`),onClose:()=>r(!1),children:k(kc,{onOpen:()=>r(!1)})}):null]})}function Rc({agent:e,open:t}){let n=$.value,{waiting:r,mine:a,colleagues:o}=Jo(n,e);return!n.known&&xs.value===null?k(J,{}):k(i,{children:[k(K,{failure:xs.value}),!n.connected&&xs.value===null?k(G,{kind:`warn`,children:P(`connectionLost`)}):null,bs.value.map(e=>k(G,{kind:`warn`,children:[P(`lapsed`,{title:e.session?.title||P(`noTitle`)}),` `,k(`a`,{href:H(`inbox`,ti(e.session?.name??``)),children:P(`lapsedOpen`)})]},e.session?.name)),k(Ic,{conversations:r,open:t}),k(zc,{title:P(`mine`),conversations:a,open:t,none:P(`noneMine`)}),k(zc,{title:P(`colleaguesHold`),conversations:o,open:t,none:P(`noneColleagues`)}),k(`section`,{class:`presence`,"aria-labelledby":`presence-title`,children:[k(`h2`,{id:`presence-title`,children:P(`present`)}),k(`ul`,{children:n.agents.map(t=>k(`li`,{children:[k(`span`,{class:`dot`,"aria-hidden":`true`}),k(`span`,{class:`presence-name`,children:t.name===e?P(`you`,{name:t.name}):t.name}),k(`span`,{class:`soft`,children:P(`holds`,{count:t.conversations})})]},t.name))})]})]})}function zc(e){return k(`section`,{class:`conversations`,"aria-label":e.title,children:[k(`h2`,{children:[e.title,` `,k(`span`,{class:`count`,children:e.conversations.length})]}),e.conversations.length===0?k(`p`,{class:`none`,children:e.none}):k(`ul`,{children:e.conversations.map(t=>k(`li`,{children:k(Ac,{conversation:t,open:e.open})},t.session?.name))})]})}var Bc=Ke(btoa(`
kefu/retrieval/v1/draft.protokefu.retrieval.v1"
Draft\f
name (	\r
title (	
origin (	-
state (2.kefu.retrieval.v1.Draft.State/
\vcreate_time (\v2.google.protobuf.Timestamp/
\vupdate_time (\v2.google.protobuf.Timestamp5
\x07changes\x07 (\v2$.kefu.retrieval.v1.DraftChangeCounts,
check\b (\v2.kefu.retrieval.v1.DraftCheck
\boutdated	 (\b
promote_when_green
 (\b
	closed_by\v (	
override_reason\f (	"{
State
STATE_UNSPECIFIED\0

STATE_OPEN
STATE_CHECKING

STATE_HELD
STATE_PROMOTED
STATE_DISCARDED"ß
DraftChangeCounts
documents_added (\r
documents_changed (\r
documents_deleted (\r
curated_answers_added (\r
curated_answers_changed (\r
curated_answers_deleted (\r
dictionary_changed\x07 (\b"

DraftCheck
passed (\r
failed (\r\f
lost (	
\x07message (	(
time (\v2.google.protobuf.Timestamp
\boutdated (\b"ð
\vDraftChange1
kind (2#.kefu.retrieval.v1.DraftChange.Kind5
change (2%.kefu.retrieval.v1.DraftChange.Change\f
name (	\r
label (	\r
title (	
\bconflict (\b"]
Kind
KIND_UNSPECIFIED\0
\rKIND_DOCUMENT
KIND_CURATED_ANSWER
KIND_DICTIONARY"Z
Change
CHANGE_UNSPECIFIED\0
\fCHANGE_ADDED
CHANGE_CHANGED
CHANGE_DELETED"S
CreateDraftRequest

collection (	\r
title (	
promote_when_green (\b">
CreateDraftResponse'
draft (\v2.kefu.retrieval.v1.Draft"
GetDraftRequest\f
name (	";
GetDraftResponse'
draft (\v2.kefu.retrieval.v1.Draft":
ListDraftsRequest

collection (	
	open_only (\b">
ListDraftsResponse(
drafts (\v2.kefu.retrieval.v1.Draft"O
ListDraftChangesRequest\r
draft (	
	page_size (

page_token (	"d
ListDraftChangesResponse/
\x07changes (\v2.kefu.retrieval.v1.DraftChange
next_page_token (	"6
RefreshDraftRequest\f
name (	
	take_live (	"
RefreshDraftResponse'
draft (\v2.kefu.retrieval.v1.Draft\r
taken (\r1
	conflicts (\v2.kefu.retrieval.v1.DraftChange"Y
CheckDraftRequest\f
name (	
promote_when_green (\bH\0B
_promote_when_green"=
CheckDraftResponse'
draft (\v2.kefu.retrieval.v1.Draft"
ReportDraftCheckRequest\f
name (	,
check (\v2.kefu.retrieval.v1.DraftCheck)
as_of (\v2.google.protobuf.Timestamp"C
ReportDraftCheckResponse'
draft (\v2.kefu.retrieval.v1.Draft"E
PromoteDraftRequest\f
name (	
\boverride (\b
reason (	"l
PromoteDraftResponse'
draft (\v2.kefu.retrieval.v1.Draft+
\x07version (\v2.kefu.retrieval.v1.Version"#
DiscardDraftRequest\f
name (	"
DiscardDraftResponse"á
\x07Version\f
name (	\r
title (	\f
live (\b-
	live_time (\v2.google.protobuf.Timestamp0
\freplace_time (\v2.google.protobuf.Timestamp
\fmade_live_by (	
document_count\x07 (\r
curated_answer_count\b (\r")
ListVersionsRequest

collection (	"D
ListVersionsResponse,
\bversions (\v2.kefu.retrieval.v1.Version"6
RollBackRequest

collection (	
\x07version (	"?
RollBackResponse+
\x07version (\v2.kefu.retrieval.v1.Version2ª\b
\fDraftService\\
\vCreateDraft%.kefu.retrieval.v1.CreateDraftRequest&.kefu.retrieval.v1.CreateDraftResponseS
\bGetDraft".kefu.retrieval.v1.GetDraftRequest#.kefu.retrieval.v1.GetDraftResponseY

ListDrafts$.kefu.retrieval.v1.ListDraftsRequest%.kefu.retrieval.v1.ListDraftsResponsek
ListDraftChanges*.kefu.retrieval.v1.ListDraftChangesRequest+.kefu.retrieval.v1.ListDraftChangesResponse_
\fRefreshDraft&.kefu.retrieval.v1.RefreshDraftRequest'.kefu.retrieval.v1.RefreshDraftResponseY

CheckDraft$.kefu.retrieval.v1.CheckDraftRequest%.kefu.retrieval.v1.CheckDraftResponsek
ReportDraftCheck*.kefu.retrieval.v1.ReportDraftCheckRequest+.kefu.retrieval.v1.ReportDraftCheckResponse_
\fPromoteDraft&.kefu.retrieval.v1.PromoteDraftRequest'.kefu.retrieval.v1.PromoteDraftResponse_
\fDiscardDraft&.kefu.retrieval.v1.DiscardDraftRequest'.kefu.retrieval.v1.DiscardDraftResponse_
\fListVersions&.kefu.retrieval.v1.ListVersionsRequest'.kefu.retrieval.v1.ListVersionsResponseS
\bRollBack".kefu.retrieval.v1.RollBackRequest#.kefu.retrieval.v1.RollBackResponsebproto3`),[Pe]),Vc=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.OPEN=1]=`OPEN`,e[e.CHECKING=2]=`CHECKING`,e[e.HELD=3]=`HELD`,e[e.PROMOTED=4]=`PROMOTED`,e[e.DISCARDED=5]=`DISCARDED`,e}({}),Hc=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.DOCUMENT=1]=`DOCUMENT`,e[e.CURATED_ANSWER=2]=`CURATED_ANSWER`,e[e.DICTIONARY=3]=`DICTIONARY`,e}({}),Uc=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.ADDED=1]=`ADDED`,e[e.CHANGED=2]=`CHANGED`,e[e.DELETED=3]=`DELETED`,e}({}),Wc=Ie(Bc,0);function Gc(e,t,n){return{id:e,path:t,size:n,phase:`queued`,total:0,finished:0,results:[],error:``}}function Kc(e,t){switch(t.report.case){case`progress`:{let{passagesTotal:n,passagesEmbedded:r,pagesTotal:i,pagesRead:a}=t.report.value;return n===0&&i>0?{...e,phase:`reading`,total:i,finished:a}:{...e,phase:`embedding`,total:n,finished:r}}case`result`:{let n=t.report.value,r=[...e.results,n];return n.path===e.path?{...e,results:r,phase:n.outcome===Dr.FAILED?`failed`:`done`}:{...e,results:r}}default:return e}}function qc(e){return e.phase===`done`||e.phase===`failed`?1:e.total>0?e.finished/e.total:null}var Jc=class extends Error{failure;constructor(e){super(`The import was refused.`),this.failure=Zc(e)}};async function*Yc(e,t,n,r,i,a){let o=new FormData;o.append(`options`,JSON.stringify(r)),o.append(`files`,t,n);let s=await i.token(),c=await fetch(`/api/import?collection=${encodeURIComponent(e)}`,{method:`POST`,headers:{Authorization:`Bearer ${s}`},body:o,signal:a});if(c.status===401&&i.refused(s),!c.ok||c.body===null)throw new Jc(await c.text());for await(let e of Xc(c.body)){let t=JSON.parse(e);if(Qc(t)&&Qc(t.error))throw new Jc(JSON.stringify(t.error));yield Xn(Er,t,{ignoreUnknownFields:!0})}}async function*Xc(e){let t=e.pipeThrough(new TextDecoderStream).getReader(),n=``;try{for(;;){let{done:e,value:r}=await t.read(),i=(n+(r??``)).split(`
`);if(n=e?``:i.pop()??``,yield*i.map(e=>e.trim()).filter(e=>e!==``),e)return}}finally{await t.cancel().catch(()=>void 0)}}function Zc(e){let n;try{n=JSON.parse(e)}catch{return le(new t(e.slice(0,200)))}let r=new t(Qc(n)&&typeof n.message==`string`?n.message:e.slice(0,200));for(let e of Qc(n)&&Array.isArray(n.details)?n.details:[])Qc(e)&&typeof e.type==`string`&&typeof e.value==`string`&&r.details.push({type:e.type,value:Ne(e.value)});return le(r)}function Qc(e){return typeof e==`object`&&!!e&&!Array.isArray(e)}var $c=[Dr.CREATED,Dr.UPDATED,Dr.UNCHANGED];function el({collection:e,draft:t,onDone:r}){let{credentials:a}=U(),o=T(null),[s,c]=n(!1),[l,u]=n(``),[d,f]=n(``),p=async n=>{c(!0),f(``);let i=0,o=[];for(let r of n){let n=!1;try{for await(let{report:s}of Yc(e,r,r.name,{draft:t},a,new AbortController().signal))s.case===`result`&&(n||=s.value.path===r.name,s.value.outcome===Dr.FAILED?o.push(`${s.value.path}: ${wi(s.value)}`):$c.includes(s.value.outcome)&&(i+=1));n||o.push(`${r.name}: ${P(`uploadBroken`)}`)}catch(e){o.push(`${r.name}: ${e instanceof Jc?wi(e.failure):P(`uploadBroken`)}`)}}c(!1),u(i>0?P(`addedToDraft`,{count:i}):``),f(o.join(` `)),r()};return k(i,{children:[k(`button`,{type:`button`,class:`button`,disabled:s,onClick:()=>o.current?.click(),children:P(`addToDraft`)}),k(`input`,{ref:o,type:`file`,multiple:!0,hidden:!0,"aria-label":P(`addToDraft`),onChange:e=>{let t=[...e.currentTarget.files??[]];e.currentTarget.value=``,t.length>0&&p(t)}}),s?k(J,{}):null,l===``?null:k(G,{kind:`good`,children:l}),d===``?null:k(G,{kind:`danger`,children:d})]})}function tl(e,t){return e.validUntil!==``&&e.validUntil<t?`ended`:e.validFrom!==``&&e.validFrom>t?`coming`:e.validUntil!==``&&e.validUntil<=sl(t,30)?`ending`:`valid`}function nl(e,t){return e.filter(e=>[`ended`,`ending`].includes(tl(e,t))).sort((e,t)=>e.validUntil.localeCompare(t.validUntil))}function rl(e,t){return e.filter(e=>!t.has(e.name)).sort((e,t)=>Number((e.updateTime?.seconds??0n)-(t.updateTime?.seconds??0n)))}function il(e,t){let n=t.toLowerCase().split(/\s+/).filter(Boolean);return n.length===0?e:e.filter(e=>{let t=[e.title,e.path,...Object.entries(e.metadata).flat()].join(`
`).toLowerCase();return n.every(e=>t.includes(e))})}function al(e){return/\.(md|markdown|txt)$/i.test(e)}function ol(e,t,n){let r=n&&e!==``?[`# ${e}`]:[],i=[];for(let e of t){let t=e.headings.findIndex((e,t)=>i[t]!==e);n&&t>=0&&e.headings.slice(t).forEach((e,n)=>r.push(`${`#`.repeat(Math.min(t+n+2,6))} ${e}`)),i=e.headings,r.push(e.text.trim())}return`${r.join(`

`)}\n`}function sl(e,t){let n=new Date(`${e}T00:00:00Z`);return n.setUTCDate(n.getUTCDate()+t),n.toISOString().slice(0,10)}function cl(e=new Date){let t=e=>String(e).padStart(2,`0`);return`${e.getFullYear()}-${t(e.getMonth()+1)}-${t(e.getDate())}`}var ll=class{diff(e,t,n={}){let r;typeof n==`function`?(r=n,n={}):`callback`in n&&(r=n.callback);let i=this.castInput(e,n),a=this.castInput(t,n),o=this.removeEmpty(this.tokenize(i,n)),s=this.removeEmpty(this.tokenize(a,n));return this.diffWithOptionsObj(o,s,n,r)}diffWithOptionsObj(e,t,n,r){let i=e=>{if(e=this.postProcess(e,n),r)setTimeout(function(){r(e)},0);else return e},a=t.length,o=e.length,s=1,c=a+o;n.maxEditLength!=null&&(c=Math.min(c,n.maxEditLength));let l=n.timeout??1/0,u=Date.now()+l,d=[{oldPos:-1,lastComponent:void 0}],f=this.extractCommon(d[0],t,e,0,n);if(d[0].oldPos+1>=o&&f+1>=a)return i(this.buildValues(d[0].lastComponent,t,e));let p=-1/0,m=1/0,h=()=>{for(let r=Math.max(p,-s);r<=Math.min(m,s);r+=2){let s,c=d[r-1],l=d[r+1];c&&(d[r-1]=void 0);let u=!1;if(l){let e=l.oldPos-r;u=l&&0<=e&&e<a}let h=c&&c.oldPos+1<o;if(!u&&!h)d[r]=void 0;else{if(s=!h||u&&c.oldPos<l.oldPos?this.addToPath(l,!0,!1,0,n):this.addToPath(c,!1,!0,1,n),f=this.extractCommon(s,t,e,r,n),s.oldPos+1>=o&&f+1>=a)return i(this.buildValues(s.lastComponent,t,e))||!0;d[r]=s,s.oldPos+1>=o&&(m=Math.min(m,r-1)),f+1>=a&&(p=Math.max(p,r+1))}}s++};if(r)(function e(){setTimeout(function(){if(s>c||Date.now()>u)return r(void 0);h()||e()},0)})();else for(;s<=c&&Date.now()<=u;){let e=h();if(e)return e}}addToPath(e,t,n,r,i){let a=e.lastComponent;return a&&!i.oneChangePerToken&&a.added===t&&a.removed===n?{oldPos:e.oldPos+r,lastComponent:{count:a.count+1,added:t,removed:n,previousComponent:a.previousComponent}}:{oldPos:e.oldPos+r,lastComponent:{count:1,added:t,removed:n,previousComponent:a}}}extractCommon(e,t,n,r,i){let a=t.length,o=n.length,s=e.oldPos,c=s-r,l=0;for(;c+1<a&&s+1<o&&this.equals(n[s+1],t[c+1],i);)c++,s++,l++,i.oneChangePerToken&&(e.lastComponent={count:1,previousComponent:e.lastComponent,added:!1,removed:!1});return l&&!i.oneChangePerToken&&(e.lastComponent={count:l,previousComponent:e.lastComponent,added:!1,removed:!1}),e.oldPos=s,c}equals(e,t,n){return n.comparator?n.comparator(e,t):e===t||!!n.ignoreCase&&e.toLowerCase()===t.toLowerCase()}removeEmpty(e){let t=[];for(let n=0;n<e.length;n++)e[n]&&t.push(e[n]);return t}castInput(e,t){return e}tokenize(e,t){return Array.from(e)}join(e){return e.join(``)}postProcess(e,t){return e}get useLongestToken(){return!1}buildValues(e,t,n){let r=[],i;for(;e;)r.push(e),i=e.previousComponent,delete e.previousComponent,e=i;r.reverse();let a=r.length,o=0,s=0,c=0;for(;o<a;o++){let e=r[o];if(e.removed)e.value=this.join(n.slice(c,c+e.count)),c+=e.count;else{if(!e.added&&this.useLongestToken){let r=t.slice(s,s+e.count);r=r.map(function(e,t){let r=n[c+t];return r.length>e.length?r:e}),e.value=this.join(r)}else e.value=this.join(t.slice(s,s+e.count));s+=e.count,e.added||(c+=e.count)}}return r}};new class extends ll{};function ul(e,t){let n=0;for(;n<e.length&&n<t.length;n++)if(e[n]!=t[n])return e.slice(0,n);return e.slice(0,n)}function dl(e,t){let n;if(!e||!t||e[e.length-1]!=t[t.length-1])return``;for(n=0;n<e.length&&n<t.length;n++)if(e[e.length-(n+1)]!=t[t.length-(n+1)])return e.slice(-n);return e.slice(-n)}function fl(e,t,n){if(e.slice(0,t.length)!=t)throw Error(`string ${JSON.stringify(e)} doesn't start with prefix ${JSON.stringify(t)}; this is a bug`);return n+e.slice(t.length)}function pl(e,t,n){if(!t)return e+n;if(e.slice(-t.length)!=t)throw Error(`string ${JSON.stringify(e)} doesn't end with suffix ${JSON.stringify(t)}; this is a bug`);return e.slice(0,-t.length)+n}function ml(e,t){return fl(e,t,``)}function hl(e,t){return pl(e,t,``)}function gl(e,t){return t.slice(0,_l(e,t))}function _l(e,t){let n=0;e.length>t.length&&(n=e.length-t.length);let r=t.length;e.length<t.length&&(r=e.length);let i=Array(r),a=0;i[0]=0;for(let e=1;e<r;e++){for(t[e]==t[a]?i[e]=i[a]:i[e]=a;a>0&&t[e]!=t[a];)a=i[a];t[e]==t[a]&&a++}a=0;for(let r=n;r<e.length;r++){for(;a>0&&e[r]!=t[a];)a=i[a];e[r]==t[a]&&a++}return a}function vl(e,t){let n=[];for(let r of Array.from(t.segment(e))){let e=r.segment;n.length&&/\s/.test(n[n.length-1])&&/\s/.test(e)?n[n.length-1]+=e:n.push(e)}return n}function yl(e,t){if(t)return xl(e,t)[1];let n;for(n=e.length-1;n>=0&&e[n].match(/\s/);n--);return e.substring(n+1)}function bl(e,t){if(t)return xl(e,t)[0];let n=e.match(/^\s*/);return n?n[0]:``}function xl(e,t){if(!t)return[bl(e),yl(e)];if(t.resolvedOptions().granularity!=`word`)throw Error(`The segmenter passed must have a granularity of "word"`);let n=vl(e,t),r=n[0],i=n[n.length-1];return[/\s/.test(r)?r:``,/\s/.test(i)?i:``]}var Sl=`a-zA-Z0-9_\\u{AD}\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2C6}\\u{2C8}-\\u{2D7}\\u{2DE}-\\u{2FF}\\u{1E00}-\\u{1EFF}`,Cl=RegExp(`[${Sl}]+|\\s+|[^${Sl}]`,`ug`);new class extends ll{equals(e,t,n){return n.ignoreCase&&(e=e.toLowerCase(),t=t.toLowerCase()),e.trim()===t.trim()}tokenize(e,t={}){let n;if(t.intlSegmenter){let r=t.intlSegmenter;if(r.resolvedOptions().granularity!=`word`)throw Error(`The segmenter passed must have a granularity of "word"`);n=vl(e,r)}else n=e.match(Cl)||[];let r=[],i=null;return n.forEach(e=>{/\s/.test(e)?i==null?r.push(e):r.push(r.pop()+e):i!=null&&/\s/.test(i)?r[r.length-1]==i?r.push(r.pop()+e):r.push(i+e):r.push(e),i=e}),r}join(e){return e.map((e,t)=>t==0?e:e.replace(/^\s+/,``)).join(``)}postProcess(e,t){if(!e||t.oneChangePerToken)return e;let n=null,r=null,i=null;return e.forEach(e=>{e.added?r=e:e.removed?i=e:((r||i)&&wl(n,i,r,e,t.intlSegmenter),n=e,r=null,i=null)}),(r||i)&&wl(n,i,r,null,t.intlSegmenter),e}};function wl(e,t,n,r,i){if(t&&n){let[a,o]=xl(t.value,i),[s,c]=xl(n.value,i);if(e){let r=ul(a,s);e.value=pl(e.value,s,r),t.value=ml(t.value,r),n.value=ml(n.value,r)}if(r){let e=dl(o,c);r.value=fl(r.value,c,e),t.value=hl(t.value,e),n.value=hl(n.value,e)}}else if(n){if(e){let e=bl(n.value,i);n.value=n.value.substring(e.length)}if(r){let e=bl(r.value,i);r.value=r.value.substring(e.length)}}else if(e&&r){let n=bl(r.value,i),[a,o]=xl(t.value,i),s=ul(n,a);t.value=ml(t.value,s);let c=dl(ml(n,s),o);t.value=hl(t.value,c),r.value=fl(r.value,n,c),e.value=pl(e.value,n,n.slice(0,n.length-c.length))}else if(r){let e=bl(r.value,i),n=gl(yl(t.value,i),e);t.value=hl(t.value,n)}else if(e){let n=gl(yl(e.value,i),bl(t.value,i));t.value=ml(t.value,n)}}new class extends ll{tokenize(e){let t=RegExp(`(\\r?\\n)|[${Sl}]+|[^\\S\\n\\r]+|[^${Sl}]`,`ug`);return e.match(t)||[]}},new class extends ll{constructor(){super(...arguments),this.tokenize=Tl}equals(e,t,n){return n.ignoreWhitespace?(n.newlineIsToken&&e.includes(`
`)||(e=e.trim()),n.newlineIsToken&&t.includes(`
`)||(t=t.trim())):n.ignoreNewlineAtEof&&!n.newlineIsToken&&(e.endsWith(`
`)&&(e=e.slice(0,-1)),t.endsWith(`
`)&&(t=t.slice(0,-1))),super.equals(e,t,n)}};function Tl(e,t){t.stripTrailingCr&&(e=e.replace(/\r\n/g,`
`));let n=[],r=e.split(/(\n|\r\n)/);r[r.length-1]||r.pop();for(let e=0;e<r.length;e++){let i=r[e];e%2&&!t.newlineIsToken?n[n.length-1]+=i:n.push(i)}return n}function El(e){return e==`.`||e==`!`||e==`?`}new class extends ll{tokenize(e){let t=[],n=0;for(let r=0;r<e.length;r++){if(r==e.length-1){t.push(e.slice(n));break}if(El(e[r])&&e[r+1].match(/\s/)){for(t.push(e.slice(n,r+1)),r=n=r+1;e[r+1]?.match(/\s/);)r++;t.push(e.slice(n,r+1)),n=r+1}}return t}},new class extends ll{tokenize(e){return e.split(/([{}:;,]|\s+)/)}},new class extends ll{constructor(){super(...arguments),this.tokenize=Tl}get useLongestToken(){return!0}castInput(e,t){let{undefinedReplacement:n,stringifyReplacer:r=(e,t)=>t===void 0?n:t}=t;return typeof e==`string`?e:JSON.stringify(Dl(e,null,null,r),null,`  `)}equals(e,t,n){return super.equals(e.replace(/,([\r\n])/g,`$1`),t.replace(/,([\r\n])/g,`$1`),n)}};function Dl(e,t,n,r,i){t||=[],n||=[],r&&(e=r(i===void 0?``:i,e));let a=0;for(;a<t.length;a+=1)if(t[a]===e)return n[a];let o;if(Object.prototype.toString.call(e)===`[object Array]`){for(t.push(e),o=Array(e.length),n.push(o),a=0;a<e.length;a+=1)o[a]=Dl(e[a],t,n,r,String(a));return t.pop(),n.pop(),o}if(e&&e.toJSON&&(e=e.toJSON()),typeof e==`object`&&e){t.push(e),o={},n.push(o);let i=[],s;for(s in e)Object.prototype.hasOwnProperty.call(e,s)&&i.push(s);for(i.sort(),a=0;a<i.length;a+=1)s=i[a],o[s]=Dl(e[s],t,n,r,s);t.pop(),n.pop()}else o=e;return o}var Ol=new class extends ll{tokenize(e){return e.slice()}join(e){return e}removeEmpty(e){return e}};function kl(e,t,n){return Ol.diff(e,t,n)}var Al=3,jl=1e3;function Ml(e,t){return Il(Pl(e,t))}function Nl(e){let t=t=>e.filter(e=>e.kind===t).length;return{added:t(`added`),removed:t(`removed`)}}function Pl(e,t){let[n,r]=[Fl(e),Fl(t)],i=kl(n,r,{timeout:jl})??[{value:n,removed:!0,added:!1},{value:r,removed:!1,added:!0}],a=[],[o,s]=[0,0];for(let{value:e,added:t,removed:n}of i)for(let r of e)t||(o+=1),n||(s+=1),t?a.push({kind:`added`,text:r,new:s}):n?a.push({kind:`removed`,text:r,old:o}):a.push({kind:`same`,text:r,old:o,new:s});return a}function Fl(e){let t=e.split(/\r?\n/);return t.at(-1)===``&&t.pop(),t}function Il(e){let t=new Set;e.forEach((e,n)=>{if(e.kind!==`same`)for(let e=n-Al;e<=n+Al;e+=1)t.add(e)});let n=[];return e.forEach((e,r)=>{let i=n.at(-1);t.has(r)?n.push(e):i?.kind===`folded`?n[n.length-1]={kind:`folded`,count:i.count+1}:n.push({kind:`folded`,count:1})}),n}function Ll({before:e,after:t,caption:n}){let r=v(()=>Ml(e,t),[e,t]),i=Nl(r);return i.added+i.removed===0?k(G,{kind:`info`,children:P(`sameText`)}):k(`div`,{class:`stack`,children:[k(`p`,{class:`soft`,role:`status`,children:P(`linesChanged`,i)}),k(`div`,{class:`table-frame`,tabIndex:0,role:`region`,"aria-label":n,children:k(`table`,{class:`difference`,children:[k(`caption`,{class:`unseen`,children:n}),k(`thead`,{class:`unseen`,children:k(`tr`,{children:[k(`th`,{scope:`col`,children:P(`oldLine`)}),k(`th`,{scope:`col`,children:P(`newLine`)}),k(`th`,{scope:`col`,children:P(`text`)})]})}),k(`tbody`,{children:r.map((e,t)=>k(Rl,{row:e},t))})]})})]})}function Rl({row:e}){return e.kind===`folded`?k(`tr`,{class:`folded`,children:k(`td`,{colSpan:3,children:P(`linesSame`,{count:e.count})})}):k(`tr`,{class:e.kind,children:[k(`td`,{class:`figure`,children:e.kind===`added`?``:e.old}),k(`td`,{class:`figure`,children:e.kind===`removed`?``:e.new}),k(`td`,{class:`difference-text`,dir:`auto`,children:k(zl,{row:e})})]})}function zl({row:e}){if(e.kind===`same`)return k(i,{children:`  ${e.text}`});let[t,n]=e.kind===`added`?[`+`,P(`lineAdded`)]:[`−`,P(`lineRemoved`)],r=e.kind===`added`?`ins`:`del`;return k(r,{children:[k(`span`,{"aria-hidden":`true`,children:[t,` `]}),k(`span`,{class:`unseen`,children:[n,` `]}),e.text]})}var Bl=Ie(Ke(btoa(`
kefu/retrieval/v1/history.protokefu.retrieval.v1"·
\bRevision\f
name (	(
time (\v2.google.protobuf.Timestamp
author (	
origin (	
\x07deleted (\b\f
path (	\r
title\x07 (	
sha256\b (	
\rpassage_count	 (\r"(
ListRevisionsRequest
\bdocument (	"G
ListRevisionsResponse.
	revisions (\v2\x1B.kefu.retrieval.v1.Revision""
GetRevisionRequest\f
name (	"R
GetRevisionResponse-
\brevision (\v2\x1B.kefu.retrieval.v1.Revision\f
text (	"5
RestoreRevisionRequest\f
name (	\r
draft (	"H
RestoreRevisionResponse-
\bdocument (\v2\x1B.kefu.retrieval.v1.Document2¼
HistoryServiceb
\rListRevisions'.kefu.retrieval.v1.ListRevisionsRequest(.kefu.retrieval.v1.ListRevisionsResponse\\
\vGetRevision%.kefu.retrieval.v1.GetRevisionRequest&.kefu.retrieval.v1.GetRevisionResponseh
RestoreRevision).kefu.retrieval.v1.RestoreRevisionRequest*.kefu.retrieval.v1.RestoreRevisionResponsebproto3`),[Pe,Tr]),0),Vl=Ke(btoa(`
kefu/retrieval/v1/source.protokefu.retrieval.v1"¥\x07
Source\f
name (	
\fdisplay_name (	3
\x07sitemap (\v2 .kefu.retrieval.v1.SitemapOriginH\0/
crawl (\v2.kefu.retrieval.v1.CrawlOriginH\0+
git (\v2.kefu.retrieval.v1.GitOriginH\0-
feed (\v2.kefu.retrieval.v1.FeedOriginH\01
folder\x07 (\v2.kefu.retrieval.v1.FolderOriginH\0)
s3\b (\v2\x1B.kefu.retrieval.v1.S3OriginH\0-
rest	 (\v2.kefu.retrieval.v1.RestOriginH\03
\bschedule
 (\v2!.kefu.retrieval.v1.SourceSchedule/
limits\v (\v2.kefu.retrieval.v1.SourceLimits
secret\f (	
\blanguage\r (	-
\baudience (2\x1B.kefu.retrieval.v1.Audience9
\bmetadata (\v2'.kefu.retrieval.v1.Source.MetadataEntry
\fmissing_runs (\r
forbidden_is_missing (\b
	most_gone (
paused (\b
	unchecked (\b/
\vcreate_time (\v2.google.protobuf.Timestamp/
\vupdate_time (\v2.google.protobuf.Timestamp/
status (\v2.kefu.retrieval.v1.SourceStatus/
\rMetadataEntry\v
key (	\r
value (	:8B\b
origin"/
\rSitemapOrigin
\x07address (	\r
hosts (	"?
\vCrawlOrigin
\x07address (	
prefix (	
\x07exclude (	"P
	GitOrigin
\x07address (	
branch (	
folder (	

uri_prefix (	"1

FeedOrigin
\x07address (	

entry_text (\b"
\fFolderOrigin\f
path (	"L
\bS3Origin
\bendpoint (	
bucket (	
prefix (	
region (	"¡

RestOrigin
recipe (	=
\bsettings (\v2+.kefu.retrieval.v1.RestOrigin.SettingsEntry
\vdescription (	/
\rSettingsEntry\v
key (	\r
value (	:8"9
SourceSchedule
\revery_minutes (\r
\bdaily_at (	"
\fSourceLimits
	documents (\r
document_bytes (
\vtotal_bytes (\r
depth (\r\x1B
requests_per_second (
\x07seconds (\r"
\fSourceStatus
document_count (\r-
	next_time (\v2.google.protobuf.Timestamp2
last_good_time (\v2.google.protobuf.Timestamp(
\x07running (\v2.kefu.retrieval.v1.Sync%
held (\v2.kefu.retrieval.v1.Sync%
last (\v2.kefu.retrieval.v1.Sync"½
Sync\f
name (	,
state (2.kefu.retrieval.v1.Sync.State0
\x07trigger (2.kefu.retrieval.v1.Sync.Trigger,
phase (2.kefu.retrieval.v1.Sync.Phase/
\vcreate_time (\v2.google.protobuf.Timestamp.

start_time (\v2.google.protobuf.Timestamp,
\bend_time\x07 (\v2.google.protobuf.Timestamp\f
seen\b (\r
\bto_apply	 (\r
\x07applied
 (\r-
counts\v (\v2.kefu.retrieval.v1.SyncCounts
\x07message\f (	
\battempts\r (\r"\xA0
State
STATE_UNSPECIFIED\0
\fSTATE_QUEUED
\rSTATE_RUNNING

STATE_DONE

STATE_HELD
\fSTATE_FAILED
STATE_DISMISSED
STATE_SUPERSEDED\x07"m
Phase
PHASE_UNSPECIFIED\0
PHASE_FETCHING
\rPHASE_JUDGING
PHASE_APPLYING
PHASE_CHECKING"u
\x07Trigger
TRIGGER_UNSPECIFIED\0
TRIGGER_SCHEDULE
TRIGGER_REQUEST
\fTRIGGER_PUSH
TRIGGER_APPROVAL"

SyncCounts\r
added (\r
\x07changed (\r\r
moved (\r\f
gone (\r
failed (\r
\x07missing (\r
	forbidden\x07 (\r
	unchanged\b (\r"Ç
DocumentOutcome;
\x07outcome (2*.kefu.retrieval.v1.DocumentOutcome.Outcome
\x07address (	
\bdocument (	
reason (	

moved_from (	"¯
\x07Outcome
OUTCOME_UNSPECIFIED\0
\rOUTCOME_ADDED
OUTCOME_CHANGED
\rOUTCOME_MOVED
\fOUTCOME_GONE
OUTCOME_FAILED
OUTCOME_MISSING
OUTCOME_FORBIDDEN\x07"U
PutSourceRequest)
source (\v2.kefu.retrieval.v1.Source
new_push_token (\b"R
PutSourceResponse)
source (\v2.kefu.retrieval.v1.Source

push_token (	" 
GetSourceRequest\f
name (	">
GetSourceResponse)
source (\v2.kefu.retrieval.v1.Source"(
ListSourcesRequest

collection (	"A
ListSourcesResponse*
\x07sources (\v2.kefu.retrieval.v1.Source";
DeleteSourceRequest\f
name (	
with_documents (\b"1
DeleteSourceResponse
deleted_documents (\r"!
SyncSourceRequest\f
name (	";
SyncSourceResponse%
sync (\v2.kefu.retrieval.v1.Sync""
ListSyncsRequest
source (	";
ListSyncsResponse&
syncs (\v2.kefu.retrieval.v1.Sync"E
GetSyncRequest\f
name (	
	page_size (

page_token (	"
GetSyncResponse%
sync (\v2.kefu.retrieval.v1.Sync4
\boutcomes (\v2".kefu.retrieval.v1.DocumentOutcome
next_page_token (	";
CompareSyncDocumentRequest\f
name (	
\x07address (	"A
\x1BCompareSyncDocumentResponse
\bold_text (	
\bnew_text (	""
ApproveSyncRequest\f
name (	"<
ApproveSyncResponse%
sync (\v2.kefu.retrieval.v1.Sync""
DismissSyncRequest\f
name (	"<
DismissSyncResponse%
sync (\v2.kefu.retrieval.v1.Sync"
ListRecipesRequest"A
ListRecipesResponse*
\x07recipes (\v2.kefu.retrieval.v1.Recipe"
Recipe

id (	\r
title (	9
\bsettings (\v2'.kefu.retrieval.v1.Recipe.SettingsEntry
secret (	/
\rSettingsEntry\v
key (	\r
value (	:8"2
PushSourceRequest
source (	\r
token (	"$
PushSourceResponse
queued (\b2î\b
\rSourceServiceV
	PutSource#.kefu.retrieval.v1.PutSourceRequest$.kefu.retrieval.v1.PutSourceResponseV
	GetSource#.kefu.retrieval.v1.GetSourceRequest$.kefu.retrieval.v1.GetSourceResponse\\
\vListSources%.kefu.retrieval.v1.ListSourcesRequest&.kefu.retrieval.v1.ListSourcesResponse_
\fDeleteSource&.kefu.retrieval.v1.DeleteSourceRequest'.kefu.retrieval.v1.DeleteSourceResponseY

SyncSource$.kefu.retrieval.v1.SyncSourceRequest%.kefu.retrieval.v1.SyncSourceResponseV
	ListSyncs#.kefu.retrieval.v1.ListSyncsRequest$.kefu.retrieval.v1.ListSyncsResponseP
\x07GetSync!.kefu.retrieval.v1.GetSyncRequest".kefu.retrieval.v1.GetSyncResponset
CompareSyncDocument-.kefu.retrieval.v1.CompareSyncDocumentRequest..kefu.retrieval.v1.CompareSyncDocumentResponse\\
\vApproveSync%.kefu.retrieval.v1.ApproveSyncRequest&.kefu.retrieval.v1.ApproveSyncResponse\\
\vDismissSync%.kefu.retrieval.v1.DismissSyncRequest&.kefu.retrieval.v1.DismissSyncResponse\\
\vListRecipes%.kefu.retrieval.v1.ListRecipesRequest&.kefu.retrieval.v1.ListRecipesResponseY

PushSource$.kefu.retrieval.v1.PushSourceRequest%.kefu.retrieval.v1.PushSourceResponsebproto3`),[Pe,Tr]),Hl=E(Vl,0),Ul=E(Vl,1),Wl=E(Vl,2),Gl=E(Vl,3),Kl=E(Vl,4),ql=E(Vl,5),Jl=E(Vl,6),Yl=E(Vl,7),Xl=E(Vl,8),Zl=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.QUEUED=1]=`QUEUED`,e[e.RUNNING=2]=`RUNNING`,e[e.DONE=3]=`DONE`,e[e.HELD=4]=`HELD`,e[e.FAILED=5]=`FAILED`,e[e.DISMISSED=6]=`DISMISSED`,e[e.SUPERSEDED=7]=`SUPERSEDED`,e}({}),Ql=Ie(Vl,0),$l=Ke(btoa(`
\x1Bkefu/router/v1/action.protokefu.router.v1"
Action\f
name (	
\bexamples (	+
inputs (\v2\x1B.kefu.router.v1.ActionInput&
call (\v2.kefu.router.v1.HttpCall2
result (\v2".kefu.router.v1.Action.ResultEntry4
\x07answers (\v2#.kefu.router.v1.Action.AnswersEntry*
words\x07 (\v2\x1B.kefu.router.v1.ActionWords
requires_customer\b (\b
timeout_seconds	 (\r
\brevision
 (/
\vupdate_time\v (\v2.google.protobuf.Timestamp
\x07intents\f (	&
change\r (\v2.kefu.router.v1.Change2
titles (\v2".kefu.router.v1.Action.TitlesEntry+
cards (\v2.kefu.router.v1.CardTemplate6
\bprogress (\v2$.kefu.router.v1.Action.ProgressEntry-
\vResultEntry\v
key (	\r
value (	:8.
\fAnswersEntry\v
key (	\r
value (	:8-
\vTitlesEntry\v
key (	\r
value (	:8/
\rProgressEntry\v
key (	\r
value (	:8"
\fCardTemplate\f
list (	8
titles (\v2(.kefu.router.v1.CardTemplate.TitlesEntry<
\bstatuses (\v2*.kefu.router.v1.CardTemplate.StatusesEntry2
fields (\v2".kefu.router.v1.CardTemplate.Field\f
link (	6
texts (\v2'.kefu.router.v1.CardTemplate.TextsEntryå
Field>
labels (\v2..kefu.router.v1.CardTemplate.Field.LabelsEntry>
values (\v2..kefu.router.v1.CardTemplate.Field.ValuesEntry-
\vLabelsEntry\v
key (	\r
value (	:8-
\vValuesEntry\v
key (	\r
value (	:8-
\vTitlesEntry\v
key (	\r
value (	:8/
\rStatusesEntry\v
key (	\r
value (	:8,

TextsEntry\v
key (	\r
value (	:8"ç
Change\f
risk (	)
\x07preview (\v2.kefu.router.v1.HttpCallA
preview_result (\v2).kefu.router.v1.Change.PreviewResultEntry8
	questions (\v2%.kefu.router.v1.Change.QuestionsEntry)
\x07outcome (\v2.kefu.router.v1.HttpCall
outcome_answer (	
\x07refusal\x07 (	-
\brefusals\b (\v2\x1B.kefu.router.v1.ActionWords
\x07audited	 (	+
cards
 (\v2.kefu.router.v1.CardTemplate4
PreviewResultEntry\v
key (	\r
value (	:80
QuestionsEntry\v
key (	\r
value (	:8"
\vActionInput\f
name (	\f
from (	
\x07pattern (	2
choice (\v2".kefu.router.v1.ActionInput.Choice,
\x07options (\v2\x1B.kefu.router.v1.ActionWords=
	questions (\v2*.kefu.router.v1.ActionInput.QuestionsEntry
max_characters\x07 (\r
\bfor_each\b (	×
Choice
action (	\f
list (	\r
value (	>
labels (\v2..kefu.router.v1.ActionInput.Choice.LabelsEntryD
	questions (\v21.kefu.router.v1.ActionInput.Choice.QuestionsEntry\f
many (\b@
\x07nothing\x07 (\v2/.kefu.router.v1.ActionInput.Choice.NothingEntry+
cards\b (\v2.kefu.router.v1.CardTemplate\f
only	 (	-
\vLabelsEntry\v
key (	\r
value (	:80
QuestionsEntry\v
key (	\r
value (	:8.
\fNothingEntry\v
key (	\r
value (	:80
QuestionsEntry\v
key (	\r
value (	:8"¾
\bHttpCall
method (	\v
url (	6
\x07headers (\v2%.kefu.router.v1.HttpCall.HeadersEntry\f
body (	\f
tool (	
	tool_hash (	.
\fHeadersEntry\v
key (	\r
value (	:8"
\vActionWords\r
value (	5
texts (\v2&.kefu.router.v1.ActionWords.TextsEntry,

TextsEntry\v
key (	\r
value (	:8"L
PutActionRequest&
action (\v2.kefu.router.v1.Action
\brevision (";
PutActionResponse&
action (\v2.kefu.router.v1.Action" 
GetActionRequest\f
name (	";
GetActionResponse&
action (\v2.kefu.router.v1.Action"
ListActionsRequest">
ListActionsResponse'
\x07actions (\v2.kefu.router.v1.Action"#
DeleteActionRequest\f
name (	"
DeleteActionResponse"
TryActionRequest\f
name (	
\bcustomer (	<
claims (\v2,.kefu.router.v1.TryActionRequest.ClaimsEntry<
inputs (\v2,.kefu.router.v1.TryActionRequest.InputsEntry
\blanguage (	-
\vClaimsEntry\v
key (	\r
value (	:8-
\vInputsEntry\v
key (	\r
value (	:8"{
TryActionResponse
status (\r
result (	
answer (	$
cards (\v2.kefu.router.v1.Cards
\bwarnings (	2¸
\rActionServiceP
	PutAction .kefu.router.v1.PutActionRequest!.kefu.router.v1.PutActionResponseP
	GetAction .kefu.router.v1.GetActionRequest!.kefu.router.v1.GetActionResponseV
\vListActions".kefu.router.v1.ListActionsRequest#.kefu.router.v1.ListActionsResponseY
\fDeleteAction#.kefu.router.v1.DeleteActionRequest$.kefu.router.v1.DeleteActionResponseP
	TryAction .kefu.router.v1.TryActionRequest!.kefu.router.v1.TryActionResponsebproto3`),[Pe,Qe]),eu=E($l,0),tu=Ie($l,0),nu=Ke(btoa(`
kefu/router/v1/admin.protokefu.router.v1"]
Tenant\f
name (	
\fdisplay_name (	/
\vcreate_time (\v2.google.protobuf.Timestamp">
CreateTenantRequest
	tenant_id (	
\fdisplay_name (	">
CreateTenantResponse&
tenant (\v2.kefu.router.v1.Tenant";
ListTenantsRequest
	page_size (

page_token (	"W
ListTenantsResponse'
\x07tenants (\v2.kefu.router.v1.Tenant
next_page_token (	"§
Key\f
name (	
\fdisplay_name (	%
scopes (2.kefu.router.v1.Scope
\vcollections (	/
\vcreate_time (\v2.google.protobuf.Timestamp*
\bpriority (2.kefu.router.v1.Priority/
\vexpire_time\x07 (\v2.google.protobuf.Timestamp2
last_used_time\b (\v2.google.protobuf.Timestamp"Ñ
CreateKeyRequest
tenant (	
\fdisplay_name (	%
scopes (2.kefu.router.v1.Scope
\vcollections (	*
\bpriority (2.kefu.router.v1.Priority/
\vexpire_time (\v2.google.protobuf.Timestamp"E
CreateKeyResponse 
key (\v2.kefu.router.v1.Key
secret (	"H
ListKeysRequest
tenant (	
	page_size (

page_token (	"N
ListKeysResponse!
keys (\v2.kefu.router.v1.Key
next_page_token (	" 
RevokeKeyRequest\f
name (	"
RevokeKeyResponse"\xA0
TenantSettings
\rmin_relevance (H\0
\fmax_passages (\rH
max_answer_tokens (\rH
\vtemperature (H
\finstructions (	H
	time_zone (	H
\x07on_busy\x07 (	H8
texts\b (\v2).kefu.router.v1.TenantSettings.TextsEntry!
max_concurrent_turns	 (\rH\x07!
questions_per_minute
 (\rH\b\x1B
question_burst\v (\rH	
weight\f (\rH

\rcache_answers\r (\bH\v
cache_min_cosine (H\f\x1B
redact_prompts (\bH\r
	asks_back (\bH
refused_topics (	
business_hours (	
sensitive_topics (	
escalate_seconds (\rH(
\x1Boverload_handoffs_per_agent (\rH2
\bidentity (\v2 .kefu.router.v1.IdentitySettings
\vaction_risk (	H0
\ftriage_rules (\v2.kefu.router.v1.TriageRule
\vattachments (\bH
\x07archive (\bH
\rclaim_seconds\x1B (\rHÿ
Texts
\bgreeting (	
thanks (	
\x07goodbye (	 
handoff_nothing_relevant (	
handoff_customer_asked (	\x1B
handoff_unavailable (	
acknowledgement\x07 (	
handoff_sensitive\b (	
handoff_emergency	 (	\x1B
handoff_not_helpful
 (	
handoff_repeated\v (	
handoff_out_of_hours\f (	\x1B
clarifying_question\r (	
\rrefused_topic (	
handoff_desk_full (	
handoff_own_case (	
\fout_of_scope (	
about_assistant (	
handoff_complaint (	
\fdid_you_mean (	
\rnone_of_these (	
\x07sign_in (	
	not_there (	

change_yes (	
	change_no (	
change_not_made (	
change_asked_again\x1B (	
handoff_change (	"
handoff_change_unconfirmed (	
\fall_of_these (	
can_do (	R

TextsEntry\v
key (	3
value (\v2$.kefu.router.v1.TenantSettings.Texts:8B
_min_relevanceB
\r_max_passagesB
_max_answer_tokensB
\f_temperatureB
\r_instructionsB\f

_time_zoneB

\b_on_busyB
_max_concurrent_turnsB
_questions_per_minuteB
_question_burstB	
\x07_weightB
_cache_answersB
_cache_min_cosineB
_redact_promptsB\f

_asks_backB
_escalate_secondsB
_overload_handoffs_per_agentB
\f_action_riskB
\f_attachmentsB

\b_archiveB
_claim_seconds"¤
IdentitySettings\f
mode (	
issuer (	
\baudience (	
\bjwks_url (	

public_key (	
\rshared_secret (	
claims\x07 (	
\vemail_codes\b (\b"G
Secret\f
name (	/
\vupdate_time (\v2.google.protobuf.Timestamp"/
PutSecretRequest\f
name (	\r
value (	";
PutSecretResponse&
secret (\v2.kefu.router.v1.Secret"$
ListSecretsRequest
tenant (	">
ListSecretsResponse'
\x07secrets (\v2.kefu.router.v1.Secret"#
DeleteSecretRequest\f
name (	"
DeleteSecretResponse" 
TryTriageRequest\f
text (	";
TryTriageResponse&
triage (\v2.kefu.router.v1.Triage"*
GetTenantSettingsRequest
tenant (	"
GetTenantSettingsResponse0
\bsettings (\v2.kefu.router.v1.TenantSettings
\brevision (8
trust_revision (\v2 .kefu.router.v1.SettingsRevision"q
\x1BUpdateTenantSettingsRequest
tenant (	0
\bsettings (\v2.kefu.router.v1.TenantSettings
\brevision ("H
UpdateTenantSettingsResponse
\brevision (
changed_fields (	"·
StagedSettings\f
name (	\r
title (	0
\bsettings (\v2.kefu.router.v1.TenantSettings
\rbase_revision (
author (	/
\vcreate_time (\v2.google.protobuf.Timestamp"O
StageSettingsRequest7
staged_settings (\v2.kefu.router.v1.StagedSettings"P
StageSettingsResponse7
staged_settings (\v2.kefu.router.v1.StagedSettings"\x1B
ListStagedSettingsRequest"U
ListStagedSettingsResponse7
staged_settings (\v2.kefu.router.v1.StagedSettings",
PromoteStagedSettingsRequest\f
name (	"I
PromoteStagedSettingsResponse
\brevision (
changed_fields (	",
DiscardStagedSettingsRequest\f
name (	"
DiscardStagedSettingsResponse"¯
SettingsRevision
\brevision (0
\bsettings (\v2.kefu.router.v1.TenantSettings
author (	/
\vcreate_time (\v2.google.protobuf.Timestamp
changed_fields (	"U
ListSettingsRevisionsRequest
tenant (	
	page_size (

page_token (	"m
ListSettingsRevisionsResponse3
	revisions (\v2 .kefu.router.v1.SettingsRevision
next_page_token (	"#
GetArchiveRequest
tenant (	"
GetArchiveResponse\r
place (	

on (\b\f
days (
	encrypted (\b

oldest_day (	

latest_day (	-
	pass_time\x07 (\v2.google.protobuf.Timestamp
\rlive_sessions\b (
archived_sessions	 (
overdue_seconds
 (
\x07problem\v (	"m
 ListArchivedConversationsRequest
	start_day (	
\x07end_day (	
	page_size (

page_token (	"C
ArchivedConversation
\x07session (	\v
day (	\r
bytes ("y
!ListArchivedConversationsResponse;
\rconversations (\v2$.kefu.router.v1.ArchivedConversation
next_page_token (	":
ExportArchiveRequest
	start_day (	
\x07end_day (	"%
ExportArchiveResponse\f
data (\f*\xA0
Scope
SCOPE_UNSPECIFIED\0

SCOPE_CHAT
SCOPE_KNOWLEDGE
SCOPE_OPERATOR
SCOPE_INTERNAL

SCOPE_DESK
SCOPE_SETTINGS
\vSCOPE_ADMIN\x07*g
\bPriority
PRIORITY_UNSPECIFIED\0
PRIORITY_INTERACTIVE
PRIORITY_BATCH
PRIORITY_URGENT2Í
\fAdminServiceY
\fCreateTenant#.kefu.router.v1.CreateTenantRequest$.kefu.router.v1.CreateTenantResponseV
\vListTenants".kefu.router.v1.ListTenantsRequest#.kefu.router.v1.ListTenantsResponseP
	CreateKey .kefu.router.v1.CreateKeyRequest!.kefu.router.v1.CreateKeyResponseM
\bListKeys.kefu.router.v1.ListKeysRequest .kefu.router.v1.ListKeysResponseP
	RevokeKey .kefu.router.v1.RevokeKeyRequest!.kefu.router.v1.RevokeKeyResponseh
GetTenantSettings(.kefu.router.v1.GetTenantSettingsRequest).kefu.router.v1.GetTenantSettingsResponseq
UpdateTenantSettings+.kefu.router.v1.UpdateTenantSettingsRequest,.kefu.router.v1.UpdateTenantSettingsResponset
ListSettingsRevisions,.kefu.router.v1.ListSettingsRevisionsRequest-.kefu.router.v1.ListSettingsRevisionsResponse\\
\rStageSettings$.kefu.router.v1.StageSettingsRequest%.kefu.router.v1.StageSettingsResponsek
ListStagedSettings).kefu.router.v1.ListStagedSettingsRequest*.kefu.router.v1.ListStagedSettingsResponset
PromoteStagedSettings,.kefu.router.v1.PromoteStagedSettingsRequest-.kefu.router.v1.PromoteStagedSettingsResponset
DiscardStagedSettings,.kefu.router.v1.DiscardStagedSettingsRequest-.kefu.router.v1.DiscardStagedSettingsResponseP
	PutSecret .kefu.router.v1.PutSecretRequest!.kefu.router.v1.PutSecretResponseV
\vListSecrets".kefu.router.v1.ListSecretsRequest#.kefu.router.v1.ListSecretsResponseY
\fDeleteSecret#.kefu.router.v1.DeleteSecretRequest$.kefu.router.v1.DeleteSecretResponseP
	TryTriage .kefu.router.v1.TryTriageRequest!.kefu.router.v1.TryTriageResponseS

GetArchive!.kefu.router.v1.GetArchiveRequest".kefu.router.v1.GetArchiveResponse
ListArchivedConversations0.kefu.router.v1.ListArchivedConversationsRequest1.kefu.router.v1.ListArchivedConversationsResponse^
\rExportArchive$.kefu.router.v1.ExportArchiveRequest%.kefu.router.v1.ExportArchiveResponse0bproto3`),[Pe,Be]),ru=E(nu,12),iu=E(nu,12,0),au=E(nu,13),ou=Ie(nu,0),su=Ie(Ke(btoa(`
kefu/router/v1/attachment.protokefu.router.v1"

Attachment\f
name (	

media_type (	
	file_name (	

size_bytes (
sha256 (	\r
width (\r
height\x07 (\r\r
pages\b (\r/
\vcreate_time	 (\v2.google.protobuf.Timestamp/
state
 (2 .kefu.router.v1.Attachment.State\f
text\v (	\f
turn\f (	
\vhas_preview\r (\b"[
State
STATE_UNSPECIFIED\0

STATE_READ
STATE_NOTHING_READ
STATE_NO_READER"
GetAttachmentLimitsRequest"
\x1BGetAttachmentLimitsResponse
\x07enabled (\b
	max_bytes (
max_per_session (\r
max_per_message (\r
\vmedia_types (	"
UploadAttachmentRequest>
start (\v2-.kefu.router.v1.UploadAttachmentRequest.StartH\0
data (\fH\0+
Start
\x07session (	
	file_name (	B
part"J
UploadAttachmentResponse.

attachment (\v2.kefu.router.v1.Attachment")
ListAttachmentsRequest
\x07session (	"J
ListAttachmentsResponse/
\vattachments (\v2.kefu.router.v1.Attachment"5
GetAttachmentRequest\f
name (	
\x07preview (\b"a
GetAttachmentResponse0

attachment (\v2.kefu.router.v1.AttachmentH\0
data (\fH\0B
part"'
DeleteAttachmentRequest\f
name (	"
DeleteAttachmentResponse2
AttachmentServicen
GetAttachmentLimits*.kefu.router.v1.GetAttachmentLimitsRequest+.kefu.router.v1.GetAttachmentLimitsResponseg
UploadAttachment'.kefu.router.v1.UploadAttachmentRequest(.kefu.router.v1.UploadAttachmentResponse(b
ListAttachments&.kefu.router.v1.ListAttachmentsRequest'.kefu.router.v1.ListAttachmentsResponse^
\rGetAttachment$.kefu.router.v1.GetAttachmentRequest%.kefu.router.v1.GetAttachmentResponse0e
DeleteAttachment'.kefu.router.v1.DeleteAttachmentRequest(.kefu.router.v1.DeleteAttachmentResponsebproto3`),[Pe]),0),cu=Ie(Ke(btoa(`
kefu/router/v1/audit.protokefu.router.v1"è

AuditEntry
\bsequence ((
time (\v2.google.protobuf.Timestamp\r
actor (	

actor_name (	
scopes (	
\x07address (	
\faddress_from\x07 (	\r
trace\b (	
action	 (	
target
 (	
\x07outcome\v (	8
\x07details\f (\v2'.kefu.router.v1.AuditEntry.DetailsEntry\f
hash\r (	\f
json (	.
\fDetailsEntry\v
key (	\r
value (	:8"í
ListAuditEntriesRequest
tenant (	.

start_time (\v2.google.protobuf.Timestamp,
\bend_time (\v2.google.protobuf.Timestamp\r
actor (	
action (	
target (	
failed\x07 (\b
	page_size\b (

page_token	 (	"\`
ListAuditEntriesResponse+
\x07entries (\v2.kefu.router.v1.AuditEntry
next_page_token (	"8
VerifyAuditRequest
tenant (	

known_hash (	"¥
VerifyAuditResponse
\x07entries (
\x07removed (
\rlast_sequence (
	last_hash (	
broken_sequence (
\x07problem (	
known_hash_found\x07 (\b2Í
\fAuditServicee
ListAuditEntries'.kefu.router.v1.ListAuditEntriesRequest(.kefu.router.v1.ListAuditEntriesResponseV
\vVerifyAudit".kefu.router.v1.VerifyAuditRequest#.kefu.router.v1.VerifyAuditResponsebproto3`),[Pe]),0),lu=Ke(btoa(`
kefu/router/v1/insight.protokefu.router.v1"Ô
\x07Numbers.

start_time (\v2.google.protobuf.Timestamp
	questions (
	confirmed (
\x07assumed (
\breopened (7
\bhandoffs (\v2%.kefu.router.v1.Numbers.HandoffsEntry5
\x07sources\x07 (\v2$.kefu.router.v1.Numbers.SourcesEntry9
	languages\b (\v2&.kefu.router.v1.Numbers.LanguagesEntry
\brated_up	 (

rated_down
 (
\x07replies\v (/

first_text\f (\v2\x1B.kefu.router.v1.Percentiles*
total\r (\v2\x1B.kefu.router.v1.Percentiles/
\rHandoffsEntry\v
key (	\r
value (:8.
\fSourcesEntry\v
key (	\r
value (:80
LanguagesEntry\v
key (	\r
value (:8"C
\vPercentiles\r
count (\v
p50 (\v
p95 (\v
p99 ("q
GetNumbersRequest.

start_time (\v2.google.protobuf.Timestamp,
\bend_time (\v2.google.protobuf.Timestamp"d
GetNumbersResponse&
total (\v2.kefu.router.v1.Numbers&
hours (\v2.kefu.router.v1.Numbers"Æ
UnansweredQuestion\f
turn (	\f
text (	
\blanguage (	.
reason (2.kefu.router.v1.Handoff.Reason

rated_down (\b/
\vcreate_time (\v2.google.protobuf.Timestamp\r
reply\x07 (	"
UnansweredGroup3
\x07central (\v2".kefu.router.v1.UnansweredQuestion5
	questions (\v2".kefu.router.v1.UnansweredQuestion\r
count (\r"Z
ListUnansweredRequest.

start_time (\v2.google.protobuf.Timestamp
	page_size ("b
ListUnansweredResponse/
groups (\v2.kefu.router.v1.UnansweredGroup
total_questions (\r")
DismissUnansweredRequest\r
turns (	".
DismissUnansweredResponse
	dismissed (\r"
ListDocumentUseRequest.

start_time (\v2.google.protobuf.Timestamp,
\bend_time (\v2.google.protobuf.Timestamp
	page_size ("2
\vDocumentUse
\bdocument (	
	citations ("I
ListDocumentUseResponse.
	documents (\v2\x1B.kefu.router.v1.DocumentUse2
InsightServiceS

GetNumbers!.kefu.router.v1.GetNumbersRequest".kefu.router.v1.GetNumbersResponse_
ListUnanswered%.kefu.router.v1.ListUnansweredRequest&.kefu.router.v1.ListUnansweredResponseh
DismissUnanswered(.kefu.router.v1.DismissUnansweredRequest).kefu.router.v1.DismissUnansweredResponseb
ListDocumentUse&.kefu.router.v1.ListDocumentUseRequest'.kefu.router.v1.ListDocumentUseResponsebproto3`),[Pe,Qe]),uu=Ie(lu,0),du=Ke(btoa(`
kefu/router/v1/experiment.protokefu.router.v1"Ë

Experiment\f
name (	\r
draft (	
\rshare_percent (\r
most_conversations (\r\r
title (	
author (	.

start_time\x07 (\v2.google.protobuf.Timestamp,
\bend_time\b (\v2.google.protobuf.Timestamp+
end	 (2.kefu.router.v1.Experiment.End

end_author
 (	
staged_settings\f (	2
\x07figures\v (\v2!.kefu.router.v1.ExperimentFigures"b
End
END_UNSPECIFIED\0
\vEND_STOPPED
\fEND_PROMOTED
\vEND_PLANNED
END_DRAFT_GONE"
ExperimentFigures(
live (\v2.kefu.router.v1.ArmFigures)
draft (\v2.kefu.router.v1.ArmFigures

difference (
difference_low (
difference_high (
\bevidence (
false_alarm_rate\x07 (:
\x07verdict\b (2).kefu.router.v1.ExperimentFigures.Verdict"l
\x07Verdict
VERDICT_UNSPECIFIED\0
VERDICT_UNDECIDED
VERDICT_DRAFT_BETTER
VERDICT_DRAFT_WORSE"

ArmFigures
\rconversations (*
\bresolved (\v2.kefu.router.v1.ArmShare-
\vhanded_over (\v2.kefu.router.v1.ArmShare,

rated_down (\v2.kefu.router.v1.ArmShare/

first_text (\v2\x1B.kefu.router.v1.Percentiles
\brepeated (
without_question\x07 (
	fell_back\b ("C
\bArmShare\r
count (\r
share (\v
low (\f
high ("H
StartExperimentRequest.

experiment (\v2.kefu.router.v1.Experiment"I
StartExperimentResponse.

experiment (\v2.kefu.router.v1.Experiment"$
GetExperimentRequest\f
name (	"G
GetExperimentResponse.

experiment (\v2.kefu.router.v1.Experiment"
ListExperimentsRequest"J
ListExperimentsResponse/
\vexperiments (\v2.kefu.router.v1.Experiment"%
StopExperimentRequest\f
name (	"H
StopExperimentResponse.

experiment (\v2.kefu.router.v1.Experiment"(
PromoteExperimentRequest\f
name (	"K
PromoteExperimentResponse.

experiment (\v2.kefu.router.v1.Experiment2
ExperimentServiceb
StartExperiment&.kefu.router.v1.StartExperimentRequest'.kefu.router.v1.StartExperimentResponse\\
\rGetExperiment$.kefu.router.v1.GetExperimentRequest%.kefu.router.v1.GetExperimentResponseb
ListExperiments&.kefu.router.v1.ListExperimentsRequest'.kefu.router.v1.ListExperimentsResponse_
StopExperiment%.kefu.router.v1.StopExperimentRequest&.kefu.router.v1.StopExperimentResponseh
PromoteExperiment(.kefu.router.v1.PromoteExperimentRequest).kefu.router.v1.PromoteExperimentResponsebproto3`),[Pe,lu]),fu=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.STOPPED=1]=`STOPPED`,e[e.PROMOTED=2]=`PROMOTED`,e[e.PLANNED=3]=`PLANNED`,e[e.DRAFT_GONE=4]=`DRAFT_GONE`,e}({}),pu=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.UNDECIDED=1]=`UNDECIDED`,e[e.DRAFT_BETTER=2]=`DRAFT_BETTER`,e[e.DRAFT_WORSE=3]=`DRAFT_WORSE`,e}({}),mu=Ie(du,0),hu=Ke(btoa(`
kefu/router/v1/procedure.protokefu.router.v1"Á
	Procedure\f
name (	\f
page (	
\brevision (/
\vupdate_time (\v2.google.protobuf.Timestamp
author (	5
titles (\v2%.kefu.router.v1.Procedure.TitlesEntry2
\bfindings\x07 (\v2 .kefu.router.v1.ProcedureFinding+
flow\b (\v2.kefu.router.v1.ProcedureStep-
\vTitlesEntry\v
key (	\r
value (	:8"@
ProcedureFinding\f
line (\r\f
text (	
\bis_error (\b"
\rProcedureStep\f
line (\r\r
depth (\r0
kind (2".kefu.router.v1.ProcedureStep.Kind\f
text (	"
Kind
KIND_UNSPECIFIED\0\f
\bKIND_ASK
\fKIND_LOOK_UP\v
\x07KIND_IF
KIND_OTHERWISE\f
\bKIND_SAY\v
\x07KIND_DO
KIND_HAND_OVER\x07\f
\bKIND_END\b"%
CheckProcedureRequest\f
page (	"y
CheckProcedureResponse2
\bfindings (\v2 .kefu.router.v1.ProcedureFinding+
flow (\v2.kefu.router.v1.ProcedureStep":
SimulateProcedureRequest\f
page (	
\blanguage (	"{
SimulateProcedureResponse<
\rconversations (\v2%.kefu.router.v1.SimulatedConversation\r
wrong (\r
	unreached (\r"Ø
SimulatedConversation
\bcustomer (	G
	situation (\v24.kefu.router.v1.SimulatedConversation.SituationEntry?
\bmessages (\v2-.kefu.router.v1.SimulatedConversation.Message
\x07outcome (	
\x07changes (	
\bproblems (	=
\x07Message
\vis_customer (\b\f
text (	
\x07choices (	0
SituationEntry\v
key (	\r
value (	:8"U
PutProcedureRequest,
	procedure (\v2.kefu.router.v1.Procedure
\brevision ("D
PutProcedureResponse,
	procedure (\v2.kefu.router.v1.Procedure"5
GetProcedureRequest\f
name (	
\brevision ("D
GetProcedureResponse,
	procedure (\v2.kefu.router.v1.Procedure"
ListProceduresRequest"G
ListProceduresResponse-

procedures (\v2.kefu.router.v1.Procedure"-
ListProcedureRevisionsRequest\f
name (	"O
ListProcedureRevisionsResponse-

procedures (\v2.kefu.router.v1.Procedure"&
DeleteProcedureRequest\f
name (	"
DeleteProcedureResponse2Ñ
ProcedureService_
CheckProcedure%.kefu.router.v1.CheckProcedureRequest&.kefu.router.v1.CheckProcedureResponseh
SimulateProcedure(.kefu.router.v1.SimulateProcedureRequest).kefu.router.v1.SimulateProcedureResponseY
\fPutProcedure#.kefu.router.v1.PutProcedureRequest$.kefu.router.v1.PutProcedureResponseY
\fGetProcedure#.kefu.router.v1.GetProcedureRequest$.kefu.router.v1.GetProcedureResponse_
ListProcedures%.kefu.router.v1.ListProceduresRequest&.kefu.router.v1.ListProceduresResponsew
ListProcedureRevisions-.kefu.router.v1.ListProcedureRevisionsRequest..kefu.router.v1.ListProcedureRevisionsResponseb
DeleteProcedure&.kefu.router.v1.DeleteProcedureRequest'.kefu.router.v1.DeleteProcedureResponsebproto3`),[Pe]),gu=E(hu,0),_u=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.ASK=1]=`ASK`,e[e.LOOK_UP=2]=`LOOK_UP`,e[e.IF=3]=`IF`,e[e.OTHERWISE=4]=`OTHERWISE`,e[e.SAY=5]=`SAY`,e[e.DO=6]=`DO`,e[e.HAND_OVER=7]=`HAND_OVER`,e[e.END=8]=`END`,e}({}),vu=Ie(hu,0),yu=Ke(btoa(`
kefu/router/v1/webhook.protokefu.router.v1"
\x07Webhook\f
name (	\v
url (	,
events (2.kefu.router.v1.WebhookEvent/
\vcreate_time (\v2.google.protobuf.Timestamp"ä
\bDelivery\f
name (	+
event (2.kefu.router.v1.WebhookEvent-
state (2.kefu.router.v1.Delivery.State
\battempts (\r
\vhttp_status (\r\r
error (	/
\vcreate_time\x07 (\v2.google.protobuf.Timestamp-
	next_time\b (\v2.google.protobuf.Timestamp"X
State
STATE_UNSPECIFIED\0
\rSTATE_PENDING
STATE_DELIVERED
\fSTATE_FAILED"Q
CreateWebhookRequest\v
url (	,
events (2.kefu.router.v1.WebhookEvent"Q
CreateWebhookResponse(
\x07webhook (\v2.kefu.router.v1.Webhook
secret (	"
ListWebhooksRequest"A
ListWebhooksResponse)
\bwebhooks (\v2.kefu.router.v1.Webhook"$
DeleteWebhookRequest\f
name (	"
DeleteWebhookResponse"O
ListDeliveriesRequest
\x07webhook (	
	page_size (

page_token (	"_
ListDeliveriesResponse,

deliveries (\v2.kefu.router.v1.Delivery
next_page_token (	" 
RedeliverRequest\f
name (	"
RedeliverResponse*²
\fWebhookEvent
WEBHOOK_EVENT_UNSPECIFIED\0
WEBHOOK_EVENT_HANDOFF
WEBHOOK_EVENT_TURN
WEBHOOK_EVENT_RATING
WEBHOOK_EVENT_ESCALATION
WEBHOOK_EVENT_GOLDEN2Ú
WebhookService\\
\rCreateWebhook$.kefu.router.v1.CreateWebhookRequest%.kefu.router.v1.CreateWebhookResponseY
\fListWebhooks#.kefu.router.v1.ListWebhooksRequest$.kefu.router.v1.ListWebhooksResponse\\
\rDeleteWebhook$.kefu.router.v1.DeleteWebhookRequest%.kefu.router.v1.DeleteWebhookResponse_
ListDeliveries%.kefu.router.v1.ListDeliveriesRequest&.kefu.router.v1.ListDeliveriesResponseP
	Redeliver .kefu.router.v1.RedeliverRequest!.kefu.router.v1.RedeliverResponsebproto3`),[Pe]),bu=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.PENDING=1]=`PENDING`,e[e.DELIVERED=2]=`DELIVERED`,e[e.FAILED=3]=`FAILED`,e}({}),xu=function(e){return e[e.UNSPECIFIED=0]=`UNSPECIFIED`,e[e.HANDOFF=1]=`HANDOFF`,e[e.TURN=2]=`TURN`,e[e.RATING=3]=`RATING`,e[e.ESCALATION=4]=`ESCALATION`,e[e.GOLDEN=5]=`GOLDEN`,e}({}),Su=Ie(yu,0);function Cu(e){return{actions:Oe(tu,e),admin:Oe(ou,e),attachments:Oe(su,e),audit:Oe(cu,e),chat:Oe(Ve,e),desk:Oe(As,e),golden:Oe(fo,e),drafts:Oe(Wc,e),experiments:Oe(mu,e),histories:Oe(Bl,e),insight:Oe(uu,e),knowledge:Oe(Ar,e),procedures:Oe(vu,e),review:Oe(Ki,e),sources:Oe(Ql,e),webhooks:Oe(Su,e)}}async function*wu(e){let t=``;do{let n=await e(t);yield n,t=n.nextPageToken}while(t!==``)}function Tu(e){return[Vc.OPEN,Vc.CHECKING,Vc.HELD].includes(e.state)}function Eu(e){switch(e.state){case Vc.CHECKING:return P(`draftChecking`);case Vc.HELD:return P(`draftHeld`);case Vc.PROMOTED:return P(`draftPromoted`);case Vc.DISCARDED:return P(`draftDiscarded`);default:return P(`draftOpen`)}}function Du(e){return e===void 0?``:P(`draftCounts`,{added:e.documentsAdded+e.curatedAnswersAdded,changed:e.documentsChanged+e.curatedAnswersChanged+ +!!e.dictionaryChanged,deleted:e.documentsDeleted+e.curatedAnswersDeleted})}function Ou(e){switch(e.change){case Uc.ADDED:return P(`changeAdded`);case Uc.DELETED:return P(`changeDeleted`);default:return P(`changeChanged`)}}function ku(e){return e.title||e.label||P(`changeDictionary`)}function Au(e){return e.title||P(`versionOriginal`)}var ju=500;function Mu({collection:e,draft:t,round:r}){let{services:i}=U(),[a,o]=n(null),s=R(async(e,n)=>{let r=[];for await(let a of wu(n=>i.drafts.listDraftChanges({draft:t,pageSize:100,pageToken:n},{signal:e})))if(r.push(...a.changes),n([...r]),r.length>=ju)break;return r},[i,t,r]),c=s.value??[];return k(`section`,{class:`stack`,children:[k(`h3`,{children:P(`draftChanges`)}),k(K,{failure:s.failure,retry:s.reload}),s.value===null&&s.failure===null?k(J,{}):null,s.value?.length===0?k(q,{icon:`file`,title:P(`draftNoChanges`),children:P(`draftNoChangesMore`,{id:B(t),collection:V(t)})}):null,c.length>0?k(`div`,{class:`table-frame`,tabIndex:0,role:`region`,"aria-label":P(`draftChanges`),children:k(`table`,{class:`table`,children:[k(`thead`,{children:k(`tr`,{children:[k(`th`,{scope:`col`,children:P(`document`)}),k(`th`,{scope:`col`,children:P(`changeWhat`)}),k(`td`,{})]})}),k(`tbody`,{children:c.slice(0,ju).map(e=>k(`tr`,{children:[k(`th`,{scope:`row`,dir:`auto`,children:[ku(e),e.kind===Hc.DOCUMENT?k(`span`,{class:`path`,children:e.label}):null]}),k(`td`,{children:[k(Y,{kind:e.change===Uc.DELETED?`danger`:`plain`,children:Ou(e)}),` `,e.conflict?k(Y,{kind:`warn`,children:P(`changeConflict`)}):null]}),k(`td`,{class:`row-actions`,children:k(`button`,{type:`button`,class:`button small`,"aria-label":P(`showChangeNamed`,{name:ku(e)}),onClick:()=>o(e),children:P(`showChange`)})})]},e.name))})]})}):null,a?k(Nu,{collection:e,draft:t,change:a,onClose:()=>o(null)}):null]})}function Nu({collection:e,draft:t,change:n,onClose:r}){let{services:i}=U(),a=R(r=>Promise.all([Pu(i,e,n,``,r),Pu(i,e,n,t,r)]),[i,n,t]),o=P(`changeOf`,{name:ku(n)});return k(M,{kind:`panel`,title:o,closeLabel:P(`close`),onClose:r,children:[k(K,{failure:a.failure,retry:a.reload}),a.value===null&&a.failure===null?k(J,{}):null,a.value?k(Ll,{before:a.value[0],after:a.value[1],caption:o}):null]})}async function Pu(e,t,n,r,i){let a=r===``?Uc.ADDED:Uc.DELETED;if(n.change===a)return``;if(n.kind===Hc.DICTIONARY)return(await e.knowledge.getDictionary({collection:t,draft:r},{signal:i})).dictionary?.text??``;if(n.kind===Hc.CURATED_ANSWER){for await(let a of wu(n=>e.knowledge.listCuratedAnswers({collection:t,draft:r,pageSize:100,pageToken:n},{signal:i}))){let e=a.curatedAnswers.find(e=>e.name===n.name);if(e)return Fu(e)}return``}let o=[];for await(let t of wu(t=>e.knowledge.listPassages({document:n.name,draft:r,pageSize:100,pageToken:t},{signal:i})))o.push(...t.passages);return ol(o[0]?.title??``,o,!0)}function Fu(e){return[...e.questions,``,e.answer].join(`
`)}function Iu({draft:e}){let t=e.state===Vc.HELD?`danger`:e.state===Vc.PROMOTED?`good`:`plain`;return k(i,{children:[k(Y,{kind:t,children:Eu(e)}),` `,e.outdated?k(Y,{kind:`warn`,children:P(`draftOutdated`)}):null]})}var Lu=3;function Ru({collection:e,draft:t}){let{services:r}=U(),[i,a]=n(``),[o,s]=n(``),c=R(async n=>o===``?[]:Promise.all([``,t].map(t=>r.knowledge.search({collections:[e],query:o,topK:Lu,audience:kr.EVERYONE,draft:t},{signal:n}))),[r,e,t,o]),[l,u]=c.value??[];return k(`section`,{class:`stack`,children:[k(`h3`,{children:P(`tryDraft`)}),k(`form`,{class:`search-form`,onSubmit:e=>{e.preventDefault(),s(i.trim()),c.reload()},children:[k(X,{label:P(`testQuestion`),hint:P(`tryDraftMore`),children:(e,t)=>k(`input`,{id:e,class:`field`,type:`search`,dir:`auto`,maxLength:4e3,value:i,"aria-describedby":t,onInput:e=>a(e.currentTarget.value)})}),k(`button`,{type:`submit`,class:`button`,children:P(`search`)})]}),k(K,{failure:c.failure,retry:c.reload}),o!==``&&c.value===null&&c.failure===null?k(J,{}):null,l&&u?k(`div`,{class:`columns`,children:[k(zu,{title:P(`tryLive`),response:l}),k(zu,{title:P(`tryDraftSide`),response:u})]}):null]})}function zu({title:e,response:t}){let n=t.curatedMatch?.applies?t.curatedMatch.curatedAnswer:void 0;return k(`section`,{class:`panel-card`,"aria-label":e,children:[k(`h4`,{children:e}),n?k(i,{children:[k(`p`,{children:k(`strong`,{children:P(`curatedApplies`)})}),k(Oi,{text:n.answer})]}):null,t.hits.length===0?k(`p`,{class:`soft`,children:P(`nothingFound`)}):null,k(`ol`,{class:`passages`,children:t.hits.map(e=>k(`li`,{children:[k(`p`,{class:`passage-head`,dir:`auto`,children:[[e.passage?.title,...e.passage?.headings??[]].filter(Boolean).join(` › `),` · `,L(e.relevance)]}),k(`div`,{class:`passage-text`,dir:`auto`,children:k(it,{pieces:[{text:e.passage?.text??``,marked:!1}]})})]},e.passage?.name))})]})}var Bu=2e3;function Vu({collection:e,name:t,onChange:r}){let{services:a}=U(),[o,s]=n(null),[c,l]=n(``),[u,d]=n(``),[f,p]=n(0),m=z(),h=R(async e=>(await a.drafts.getDraft({name:t},{signal:e})).draft,[a,t]),g=h.value,{reload:_}=h,v=g?.state===Vc.CHECKING;w(()=>{if(!v)return;let e=setInterval(_,Bu);return()=>{clearInterval(e)}},[v,_]);let y=()=>{p(f+1),h.reload(),r()},b=()=>{s(null),m.clear()},ee=e=>{m.run(async()=>{d(await e()),s(null),y()})};if(g==null)return k(i,{children:[k(Hu,{collection:e}),k(K,{failure:h.failure,retry:h.reload}),h.failure===null?k(J,{}):null]});let x=g.state===Vc.HELD||g.state===Vc.CHECKING;return k(i,{children:[k(Hu,{collection:e}),k(`h2`,{dir:`auto`,children:g.title}),k(`p`,{children:[k(Iu,{draft:g}),` `,k(`span`,{class:`soft`,children:`${Du(g.changes)} · ${g.origin} · ${F(g.createTime)}`})]}),u===``?null:k(G,{kind:`good`,children:u}),g.check?k(Uu,{draft:g}):null,g.outdated?k(G,{kind:`warn`,children:P(`draftOutdatedMore`)}):null,m.failure!==null&&o===null?k(K,{failure:m.failure}):null,Tu(g)?k(i,{children:[k(`div`,{class:`row tools`,children:[k(el,{collection:e,draft:t,onDone:y}),g.outdated?k(`button`,{type:`button`,class:`button`,disabled:m.busy,onClick:()=>ee(async()=>{let{taken:e,conflicts:n}=await a.drafts.refreshDraft({name:t});return P(`refreshedDraft`,{taken:e,conflicts:n.length})}),children:P(`refreshDraft`)}):null,k(`button`,{type:`button`,class:`button primary`,disabled:g.outdated,onClick:()=>s(`promote`),children:P(`promoteDraft`)}),k(`button`,{type:`button`,class:`button danger`,onClick:()=>s(`discard`),children:P(`discardDraft`)})]}),k(Mu,{collection:e,draft:t,round:f}),k(Ru,{collection:e,draft:t})]}):null,o===`promote`?k(Z,{title:P(`promoteDraftTitle`),action:P(`promoteDraft`),busy:m.busy||x&&c.trim()===``,failure:m.failure,onClose:b,onConfirm:()=>ee(async()=>(await a.drafts.promoteDraft({name:t,override:x,reason:x?c:``}),P(`promotedDraft`))),children:[k(`p`,{children:P(`promoteDraftMore`)}),x?k(X,{label:g.state===Vc.CHECKING?P(`promoteUnchecked`):P(`promoteAlthough`),children:e=>k(`input`,{id:e,class:`field`,dir:`auto`,required:!0,maxLength:200,value:c,onInput:e=>l(e.currentTarget.value)})}):null]}):null,o===`discard`?k(Z,{title:P(`discardDraftTitle`),action:P(`discardDraft`),danger:!0,busy:m.busy,failure:m.failure,onClose:b,onConfirm:()=>ee(async()=>(await a.drafts.discardDraft({name:t}),P(`draftDiscarded`))),children:k(`p`,{children:P(`discardDraftMore`)})}):null]})}function Hu({collection:e}){return k(`p`,{children:k(`a`,{href:H(`knowledge`,V(e),`drafts`),children:[`← `,P(`allDrafts`)]})})}function Uu({draft:e}){let t=e.check;if(t===void 0)return null;let n={passed:t.passed,failed:t.failed},r=e.state===Vc.HELD,a=Mi(t.message);return k(G,{kind:r?`warn`:`info`,children:[k(`p`,{children:[P(r?`draftHeldMore`:`draftCheckedMore`,n),` `,t.outdated?P(`draftCheckOld`):``]}),t.message?k(`p`,{dir:`auto`,children:t.message}):null,a===null?null:k(`p`,{children:k(`a`,{href:H(`golden`,`runs`,a),children:P(`bothAnswers`)})}),t.lost.length>0?k(i,{children:[k(`p`,{children:P(`draftLost`)}),k(`ul`,{children:t.lost.slice(0,20).map(e=>k(`li`,{dir:`auto`,children:k(`a`,{href:H(`golden`,`questions`,B(e)),children:B(e)})},e))})]}):null]})}function Wu({collection:e,onChange:t}){let{services:r}=U(),[i,a]=n(null),[o,s]=n(``),c=z(),l=R(async t=>(await r.drafts.listVersions({collection:e},{signal:t})).versions,[r,e]),u=l.value??[],d=()=>{a(null),c.clear()},f=n=>{c.run(async()=>{await r.drafts.rollBack({collection:e,version:n.name}),s(P(`rolledBack`,{title:Au(n)})),a(null),l.reload(),t()})};return k(`section`,{class:`stack`,children:[k(`h2`,{children:P(`versionsHead`)}),k(`p`,{class:`soft`,children:P(`versionsMore`)}),k(K,{failure:l.failure,retry:l.reload}),o===``?null:k(G,{kind:`good`,children:o}),u.length>0?k(`div`,{class:`table-frame`,tabIndex:0,role:`region`,"aria-label":P(`versionsHead`),children:k(`table`,{class:`table`,children:[k(`thead`,{children:k(`tr`,{children:[k(`th`,{scope:`col`,children:P(`versionsHead`)}),k(`th`,{scope:`col`,children:P(`draftState`)}),k(`th`,{scope:`col`,class:`figure`,children:P(`documents`)}),k(`td`,{})]})}),k(`tbody`,{children:u.map(e=>k(`tr`,{children:[k(`th`,{scope:`row`,dir:`auto`,children:[Au(e),k(`span`,{class:`path`,children:e.madeLiveBy})]}),k(`td`,{children:e.live?k(Y,{kind:`good`,children:P(`liveNow`)}):P(`liveUntil`,{time:F(e.replaceTime)})}),k(`td`,{class:`figure`,children:I(e.documentCount)}),k(`td`,{class:`row-actions`,children:e.live?null:k(`button`,{type:`button`,class:`button small`,"aria-label":P(`rollBackNamed`,{title:Au(e)}),onClick:()=>a(e),children:[k(W,{name:`redo`}),` `,P(`rollBack`)]})})]},e.name))})]})}):null,i?k(Z,{title:P(`rollBackNamed`,{title:Au(i)}),action:P(`rollBack`),busy:c.busy,failure:c.failure,onClose:d,onConfirm:()=>f(i),children:k(`p`,{children:P(`rollBackMore`)})}):null]})}function Gu({collection:e,open:t,onChange:r}){let{services:a}=U(),[o,s]=n(!1),c=R(async t=>(await a.drafts.listDrafts({collection:e.name},{signal:t})).drafts,[a,e.name]),l=V(e.name),u=()=>{c.reload(),r()};if(t!==``)return k(Vu,{collection:e.name,name:`${e.name}/drafts/${t}`,onChange:u},t);let d=c.value??[],f=d.filter(e=>!Tu(e));return k(i,{children:[k(`div`,{class:`toolbar`,children:[k(`p`,{class:`soft`,children:P(`draftsMore`)}),k(`button`,{type:`button`,class:`button primary`,onClick:()=>s(!0),children:[k(W,{name:`plus`}),` `,P(`newDraft`)]})]}),k(K,{failure:c.failure,retry:c.reload}),c.value===null&&c.failure===null?k(J,{}):null,c.value!==null&&!d.some(Tu)?k(q,{icon:`edit`,title:P(`noDrafts`),children:P(`noDraftsMore`)}):null,d.some(Tu)?k(Ku,{collection:l,drafts:d.filter(Tu),caption:P(`drafts`)}):null,k(Wu,{collection:e.name,onChange:u}),f.length>0?k(`section`,{class:`stack`,children:[k(`h2`,{children:P(`closedDrafts`)}),k(Ku,{collection:l,drafts:f,caption:P(`closedDrafts`)})]}):null,o?k(qu,{collection:e.name,onClose:()=>s(!1),onMade:e=>{s(!1),c.reload(),li(`knowledge`,l,`drafts`,B(e))}}):null]})}function Ku({collection:e,drafts:t,caption:n}){return k(`div`,{class:`table-frame`,tabIndex:0,role:`region`,"aria-label":n,children:k(`table`,{class:`table`,children:[k(`thead`,{children:k(`tr`,{children:[k(`th`,{scope:`col`,children:P(`draftTitle`)}),k(`th`,{scope:`col`,children:P(`draftState`)}),k(`th`,{scope:`col`,children:P(`draftChanges`)}),k(`th`,{scope:`col`,children:P(`draftMade`)})]})}),k(`tbody`,{children:t.map(t=>k(`tr`,{children:[k(`th`,{scope:`row`,children:[k(`a`,{href:H(`knowledge`,e,`drafts`,B(t.name)),dir:`auto`,children:t.title}),k(`span`,{class:`path`,children:t.origin})]}),k(`td`,{children:k(Iu,{draft:t})}),k(`td`,{children:Du(t.changes)}),k(`td`,{children:F(t.createTime)})]},t.name))})]})})}function qu({collection:e,onClose:t,onMade:r}){let{services:i}=U(),[a,o]=n(``),s=z();return k(M,{kind:`box`,title:P(`newDraft`),closeLabel:P(`close`),onClose:t,children:k(`form`,{class:`stack`,onSubmit:t=>{t.preventDefault(),s.run(async()=>{let{draft:t}=await i.drafts.createDraft({collection:e,title:a});r(t?.name??``)})},children:[k(X,{label:P(`draftTitle`),children:e=>k(`input`,{id:e,class:`field`,dir:`auto`,maxLength:100,value:a,onInput:e=>o(e.currentTarget.value)})}),s.busy?k(J,{}):null,k(K,{failure:s.failure}),k(`div`,{class:`dialog-actions`,children:[k(`button`,{type:`button`,class:`button`,onClick:t,children:P(`cancel`)}),k(`button`,{type:`submit`,class:`button primary`,disabled:s.busy,children:P(`create`)})]})]})})}function Ju({collection:e,document:t,passages:r,onClose:i,onSaved:a}){let{credentials:o}=U(),[s,c]=n(t?.path??``),l=!/\.txt$/i.test(s),[u,d]=n(t&&r?ol(t.title,r,l):``),[f,p]=n(t?.validFrom??``),[m,h]=n(t?.validUntil??``),[g,_]=n(t?.audience===kr.STAFF),[v,y]=n(!1),[b,ee]=n(``),x=async()=>{let n=/\.(md|markdown|txt)$/i.test(s)?s:`${s}.md`,r={...t?{title:t.title,language:t.language,uri:t.uri,metadata:t.metadata}:{},valid_from:f,valid_until:m,audience:g?`AUDIENCE_STAFF`:`AUDIENCE_EVERYONE`},i=new File([u],n.split(`/`).at(-1)??n,{type:l?`text/markdown`:`text/plain`});y(!0),ee(``);let c=P(`uploadBroken`);try{for await(let{report:t}of Yc(e,i,n,r,o,new AbortController().signal))t.case===`result`&&(c=t.value.outcome===Dr.FAILED?wi(t.value):``)}catch(e){c=e instanceof Jc?wi(e.failure):P(`uploadBroken`)}y(!1),ee(c),c===``&&a()};return k(M,{kind:`panel`,title:t?P(`editNamed`,{title:t.title||t.path}):P(`writeDocument`),closeLabel:P(`close`),onClose:i,children:k(`form`,{class:`stack`,onSubmit:e=>{e.preventDefault(),x()},children:[t?k(G,{kind:`info`,children:P(`editNote`)}):k(X,{label:P(`path`),hint:P(`pathHint`),children:(e,t)=>k(`input`,{id:e,class:`field mono`,required:!0,maxLength:1e3,value:s,placeholder:`returns.md`,"aria-describedby":t,onInput:e=>c(e.currentTarget.value)})}),k(X,{label:P(`text`),hint:l?P(`markdownHint`):``,children:(e,t)=>k(`textarea`,{id:e,class:`field mono editor`,dir:`auto`,rows:18,required:!0,value:u,"aria-describedby":t,onInput:e=>d(e.currentTarget.value)})}),k(`div`,{class:`row`,children:[k(X,{label:P(`validFrom`),children:e=>k(`input`,{id:e,class:`field`,type:`date`,value:f,onInput:e=>p(e.currentTarget.value)})}),k(X,{label:P(`validUntil`),children:e=>k(`input`,{id:e,class:`field`,type:`date`,value:m,onInput:e=>h(e.currentTarget.value)})})]}),k(`label`,{class:`check`,children:[k(`input`,{type:`checkbox`,checked:g,onChange:e=>_(e.currentTarget.checked)}),` `,P(`staffOnlyMore`)]}),b?k(G,{kind:`danger`,children:b}):null,k(`div`,{class:`dialog-actions`,children:[k(`button`,{type:`button`,class:`button`,onClick:i,children:P(`cancel`)}),k(`button`,{type:`submit`,class:`button primary`,disabled:v,children:P(v?`saving`:`save`)})]})]})})}function Yu(e){if(e===void 0)return``;let t=de.value===`zh`?e.pages.replaceAll(`, `,`、`):e.pages,n=[...e.pageCount>0?[P(`ocrPages`,{count:e.pageCount,pages:t})]:[],...e.pictureCount>0?[P(`ocrPictures`,{count:e.pictureCount})]:[]];return n.length>0?P(`ocrRead`,{what:n.join(P(`ocrAnd`)),percent:Math.floor(e.certainty*100+1e-4)}):``}function Xu(e){return e?.doubtfulPages?P(`ocrDoubtful`,{pages:e.doubtfulPages}):``}function Zu({document:e,version:t,onRestored:r}){let{services:i}=U(),[a,o]=n(``),[s,c]=n(``),l=z(),u=R(async t=>(await i.histories.listRevisions({document:e},{signal:t})).revisions,[i,e,t]),d=u.value??[],f=d.findIndex(e=>e.name===a),p=e=>{l.run(async()=>{await i.histories.restoreRevision({name:e.name}),c(B(e.name)),o(``),u.reload(),r()})};return k(`section`,{class:`stack`,children:[k(`h3`,{children:P(`history`)}),k(`p`,{class:`hint`,children:P(`historyMore`)}),k(K,{failure:u.failure??l.failure,retry:u.reload}),u.value===null&&u.failure===null?k(J,{}):null,s===``?null:k(G,{kind:`good`,children:P(`historyRestored`,{n:s})}),k(`ol`,{class:`plain-list rows`,reversed:!0,children:d.map((e,t)=>{let n=B(e.name),r=d[t+1];return k(`li`,{children:[k(`span`,{children:[P(`revisionIs`,{n}),` `,t===0?k(Y,{kind:`good`,children:P(`current`)}):null,` `,F(e.time),` `,k(`span`,{class:`soft`,children:[e.author||P(`historyUnknown`),` `,$u(e)]})]}),k(`span`,{class:`card-actions`,children:[r&&!e.deleted?k(`button`,{type:`button`,class:`button small`,"aria-label":P(`whatChangedIn`,{n}),onClick:()=>o(e.name),children:P(`whatChanged`)}):null,t>0&&!e.deleted?k(`button`,{type:`button`,class:`button small`,disabled:l.busy,"aria-label":P(`restoreNamed`,{n}),onClick:()=>p(e),children:[k(W,{name:`redo`}),` `,P(`restore`)]}):null]})]},e.name)})}),f>=0?k(Qu,{revision:d[f],before:d[f+1]}):null]})}function Qu({revision:e,before:t}){let{services:n}=U(),r=R(r=>Promise.all([t,e].map(async e=>e===void 0||e.deleted?``:(await n.histories.getRevision({name:e.name},{signal:r})).text)),[n,e,t]),[a=``,o=``]=r.value??[];return k(i,{children:[k(K,{failure:r.failure,retry:r.reload}),r.value===null&&r.failure===null?k(J,{}):null,r.value?k(Ll,{before:a,after:o,caption:P(`revisionIs`,{n:B(e.name)})}):null]})}function $u(e){if(e.deleted)return`· ${P(`historyDeleted`)}`;let[t=``,n=``]=e.origin.split(`/`);switch(t){case`drafts`:return`· ${P(`historyFromDraft`)}`;case`versions`:return`· ${P(`historyFromVersion`)}`;case`revisions`:return`· ${P(`historyRestored`,{n})}`;default:return``}}function ed({document:e}){let t=[e.validFrom||`…`,e.validUntil||`…`].join(` – `);switch(tl(e,cl())){case`ended`:return k(i,{children:[k(Y,{kind:`danger`,children:P(`validityEnded`)}),` `,k(`span`,{class:`nowrap`,children:t})]});case`ending`:return k(i,{children:[k(Y,{kind:`warn`,children:P(`validityEnding`)}),` `,k(`span`,{class:`nowrap`,children:t})]});case`coming`:return k(i,{children:[k(Y,{children:P(`validityComing`)}),` `,k(`span`,{class:`nowrap`,children:t})]});case`valid`:return e.validFrom||e.validUntil?k(`span`,{class:`nowrap`,children:t}):k(`span`,{class:`soft`,children:P(`always`)})}}async function td(e,t,n){let r=[];for await(let i of wu(r=>e.knowledge.listPassages({document:t,pageSize:100,pageToken:r},{signal:n})))r.push(...i.passages);return r}function nd({document:e,onClose:t,onChange:r}){let{services:a}=U(),[o,s]=n(null),[c,l]=n(!0),u=z(),d=R(t=>td(a,e.name,t),[a,e.name,e.sha256]);return k(M,{kind:`panel`,title:e.title||e.path,closeLabel:P(`close`),onClose:t,children:[k(`dl`,{class:`facts`,children:[k(`dt`,{children:P(`path`)}),k(`dd`,{class:`breakable`,children:e.path}),k(`dt`,{children:P(`language`)}),k(`dd`,{children:ei(e.language)}),k(`dt`,{children:P(`validity`)}),k(`dd`,{children:k(ed,{document:e})}),k(`dt`,{children:P(`audience`)}),k(`dd`,{children:e.audience===kr.STAFF?P(`staffOnly`):P(`everyone`)}),e.uri?k(i,{children:[k(`dt`,{children:P(`address`)}),k(`dd`,{class:`breakable`,children:e.uri})]}):null,Object.entries(e.metadata).map(([e,t])=>k(i,{children:[k(`dt`,{children:e}),k(`dd`,{children:t})]})),Yu(e.recognition)?k(i,{children:[k(`dt`,{children:P(`ocr`)}),k(`dd`,{children:[Yu(e.recognition),Xu(e.recognition)?k(`p`,{class:`hint`,children:Xu(e.recognition)}):null]})]}):null,k(`dt`,{children:P(`updated`)}),k(`dd`,{children:Zr(e.updateTime)})]}),k(`div`,{class:`row tools`,children:[al(e.path)?k(`button`,{type:`button`,class:`button small`,disabled:d.value===null,onClick:()=>s(`edit`),children:[k(W,{name:`edit`}),` `,P(`edit`)]}):k(`p`,{class:`hint`,children:P(`editElsewhere`)}),k(`button`,{type:`button`,class:`button small danger`,onClick:()=>s(`delete`),children:P(`delete`)})]}),k(`h3`,{children:[P(`passages`),` `,k(`span`,{class:`count`,children:e.passageCount})]}),k(K,{failure:d.failure,retry:d.reload}),d.value===null&&d.failure===null?k(J,{}):null,k(`ol`,{class:`passages`,children:d.value?.map(e=>k(`li`,{children:[e.headings.length>0?k(`p`,{class:`passage-head`,dir:`auto`,children:e.headings.join(` › `)}):null,k(`div`,{class:`passage-text`,dir:`auto`,children:k(it,{pieces:[{text:e.text,marked:!1}]})})]},e.name))}),k(Zu,{document:e.name,version:e.sha256,onRestored:r}),o===`delete`?k(Z,{title:P(`deleteDocument`),action:P(`delete`),danger:!0,busy:u.busy,failure:u.failure,onConfirm:()=>{u.run(async()=>{await a.knowledge.deleteDocument({name:e.name,keepHistory:c}),r(),t()})},onClose:()=>s(null),children:[k(`p`,{dir:`auto`,children:P(`deleteDocumentMore`,{title:e.title||e.path})}),k(`label`,{class:`check`,children:[k(`input`,{type:`checkbox`,checked:c,onChange:e=>l(e.currentTarget.checked)}),` `,P(`keepHistory`)]})]}):null,o===`edit`&&d.value?k(Ju,{collection:e.name.split(`/`).slice(0,2).join(`/`),document:e,passages:d.value,onClose:()=>s(null),onSaved:()=>{s(null),r()}}):null]})}var rd=`.pdf,.docx,.pptx,.xlsx,.html,.htm,.md,.markdown,.txt,.csv,.json,.eml,.zip,.png,.jpg,.jpeg,.webp,.tif,.tiff`;function id({collection:e,onDone:t}){let{credentials:r}=U(),[i,a]=n([]),[o,s]=n(!1),[c,l]=n(!1),[u,d]=n(``),f=T(null),p=T(Promise.resolve()),m=T(0),h=(e,t)=>{a(n=>n.map(n=>n.id===e?t(n):n))},g=e=>{let n={...c?{audience:`AUDIENCE_STAFF`}:{},...u?{valid_until:u}:{}},r=e.map(e=>({file:e,state:Gc(m.current++,e.webkitRelativePath||e.name,e.size)}));a(e=>[...r.map(({state:e})=>e),...e.filter(({phase:e})=>e!==`done`)]),p.current=r.reduce((e,{file:t,state:r})=>e.then(()=>_(t,r,n)),p.current).then(t)},_=async(t,{id:n,path:i},a)=>{h(n,e=>({...e,phase:`sending`}));try{for await(let o of Yc(e,t,i,a,r,new AbortController().signal))h(n,e=>Kc(e,o));h(n,e=>e.phase===`done`||e.phase===`failed`?e:{...e,phase:`failed`,error:P(`uploadBroken`)})}catch(e){let t=e instanceof Jc?wi(e.failure):P(`uploadBroken`);h(n,e=>({...e,phase:`failed`,error:t}))}};return k(`section`,{class:`upload`,"aria-label":P(`upload`),children:[k(`div`,{class:`drop ${o?`over`:``}`,onDragOver:e=>{e.preventDefault(),s(!0)},onDragLeave:()=>s(!1),onDrop:e=>{e.preventDefault(),s(!1),g([...e.dataTransfer?.files??[]])},children:[k(W,{name:`upload`}),k(`p`,{children:[k(`button`,{type:`button`,class:`button small`,onClick:()=>f.current?.click(),children:P(`chooseFiles`)}),` `,P(`orDrop`)]}),k(`p`,{class:`hint`,children:P(`uploadHint`)}),k(`input`,{ref:f,type:`file`,multiple:!0,hidden:!0,accept:rd,"aria-label":P(`chooseFiles`),onChange:e=>{g([...e.currentTarget.files??[]]),e.currentTarget.value=``}})]}),k(`details`,{class:`upload-options`,children:[k(`summary`,{children:P(`uploadOptions`)}),k(`div`,{class:`row`,children:[k(`label`,{class:`check`,children:[k(`input`,{type:`checkbox`,checked:c,onChange:e=>l(e.currentTarget.checked)}),` `,P(`staffOnlyMore`)]}),k(X,{label:P(`validUntil`),children:e=>k(`input`,{id:e,class:`field`,type:`date`,value:u,onInput:e=>d(e.currentTarget.value)})})]})]}),i.length>0?k(`ul`,{class:`uploads`,"aria-label":P(`uploads`),children:i.map(e=>k(ad,{file:e},e.id))}):null]})}function ad({file:e}){let t=qc(e),n=e.results.find(t=>t.path===e.path),r=e.results.filter(t=>t.path!==e.path&&t.outcome===Dr.FAILED);return k(`li`,{class:`upload-row ${e.phase}`,children:[k(`span`,{class:`upload-name`,children:[k(`strong`,{dir:`auto`,children:e.path}),` `,k(`span`,{class:`soft`,children:$r(e.size)})]}),k(`span`,{class:`upload-state`,role:`status`,children:[e.phase===`done`?k(Ye,{name:`check`}):e.phase===`failed`?k(Ye,{name:`alert`}):null,od(e,n),n?.recognition?k(`span`,{class:`soft`,children:[` `,[Yu(n.recognition),Xu(n.recognition)].filter(Boolean).join(`. `)]}):null]}),e.phase===`done`||e.phase===`failed`?null:k(`progress`,{"aria-label":P(`progressOf`,{name:e.path}),max:1,...t===null?{}:{value:t}}),r.length>0?k(`ul`,{class:`upload-inside`,children:r.map(e=>k(`li`,{children:[k(`span`,{dir:`auto`,children:e.path}),`: `,wi(e)]},e.path))}):null]})}function od(e,t){if(e.error!==``)return e.error;if(e.phase===`queued`)return P(`phaseQueued`);if(e.phase===`sending`)return P(`phaseSending`);if(e.phase===`reading`)return P(`phaseReading`,{read:e.finished,count:e.total});if(e.phase===`embedding`)return P(`phaseEmbedding`,{done:e.finished,count:e.total});switch(t?.outcome){case Dr.CREATED:return P(`outcomeCreated`,{count:t.passages});case Dr.UPDATED:return P(`outcomeUpdated`,{count:t.passages});case Dr.UNCHANGED:return P(`outcomeUnchanged`);case Dr.UNPACKED:return P(`outcomeUnpacked`,{count:e.results.length-1});case Dr.FAILED:return wi(t);default:return P(`outcomeDone`)}}var sd=100;async function cd(e,t,n,r){let i=[];for await(let a of wu(r=>e.knowledge.listDocuments({collection:t,pageSize:100,pageToken:r},{signal:n})))i.push(...a.documents),r?.([...i]);return i}function ld({collection:e,onChange:t,open:r}){let{services:a}=U(),[o,s]=n(``),[c,l]=n(sd),[u,d]=n(!1),f=R((t,n)=>cd(a,e.name,t,n),[a,e.name]),p=f.value??[],m=v(()=>il(p,o),[p,o]),h=V(e.name),g=()=>{f.reload(),t()},_=r===``?void 0:p.find(e=>e.name.split(`/`)[3]===r);return k(i,{children:[k(id,{collection:e.name,onDone:g}),k(`div`,{class:`toolbar`,children:[k(`label`,{class:`search-field`,children:[k(W,{name:`search`}),k(`span`,{class:`unseen`,children:P(`searchDocuments`)}),k(`input`,{class:`field`,type:`search`,placeholder:P(`searchDocuments`),value:o,onInput:e=>s(e.currentTarget.value)})]}),k(`button`,{type:`button`,class:`button`,onClick:()=>d(!0),children:[k(W,{name:`edit`}),` `,P(`writeDocument`)]}),k(`p`,{class:`soft`,role:`status`,children:f.loading?P(`loading`):P(`documentCount`,{count:m.length})})]}),k(K,{failure:f.failure,retry:f.reload}),f.value===null&&f.failure===null?k(J,{}):null,f.value!==null&&m.length===0&&!f.loading?k(q,{icon:`file`,title:P(o===``?`noDocuments`:`noDocumentsFound`),children:o===``?P(`noDocumentsMore`):null}):null,m.length>0?k(`div`,{class:`table-frame`,tabIndex:0,role:`region`,"aria-label":P(`documents`),children:k(`table`,{class:`table`,children:[k(`thead`,{children:k(`tr`,{children:[k(`th`,{scope:`col`,children:P(`document`)}),k(`th`,{scope:`col`,children:P(`language`)}),k(`th`,{scope:`col`,children:P(`validity`)}),k(`th`,{scope:`col`,class:`figure`,children:P(`passages`)}),k(`th`,{scope:`col`,children:P(`updated`)})]})}),k(`tbody`,{children:m.slice(0,c).map(e=>k(`tr`,{children:[k(`th`,{scope:`row`,children:[k(`a`,{href:H(`knowledge`,h,`documents`,e.name.split(`/`)[3]??``),dir:`auto`,children:e.title||e.path}),` `,e.audience===kr.STAFF?k(Y,{kind:`warn`,children:P(`staffOnly`)}):null,k(`span`,{class:`path`,children:e.path})]}),k(`td`,{children:ei(e.language)}),k(`td`,{children:k(ed,{document:e})}),k(`td`,{class:`figure`,children:e.passageCount}),k(`td`,{children:Zr(e.updateTime)})]},e.name))})]})}):null,m.length>c?k(`button`,{type:`button`,class:`button`,onClick:()=>l(c+sd),children:P(`showMore`,{n:Math.min(sd,m.length-c)})}):null,_?k(nd,{document:_,onClose:()=>{ii.value.section===`knowledge`&&ii.value.rest[2]===r&&li(`knowledge`,h,`documents`)},onChange:g},_.name):null,u?k(Ju,{collection:e.name,onClose:()=>d(!1),onSaved:()=>{d(!1),g()}}):null]})}var ud=92,dd=1e3;function fd({collection:e}){let{services:t,me:n}=U(),r=R(n=>cd(t,e,n),[t,e]),i=Q(n,`settings`),a=R(async e=>{if(!i)return null;let n=Date.now(),[r,a]=[n-ud*864e5,n].map(e=>zt(new Date(e))),{documents:o}=await t.insight.listDocumentUse({startTime:r,endTime:a,pageSize:dd},{signal:e});return{cited:new Set(o.map(e=>e.document)),cut:o.length>=dd}},[t]);if(r.failure)return k(K,{failure:r.failure,retry:r.reload});if(r.value===null)return k(J,{});let o=nl(r.value,cl()),s=a.value?rl(r.value,a.value.cited):[];return k(`div`,{class:`columns`,children:[k(`section`,{class:`panel-card`,children:[k(`h2`,{children:[P(`staleDocuments`),` `,k(`span`,{class:`count`,children:o.length})]}),k(`p`,{class:`soft`,children:P(`staleMore`)}),o.length===0?k(q,{icon:`file`,title:P(`noneStale`)}):k(pd,{documents:o,validity:!0})]}),k(`section`,{class:`panel-card`,children:[k(`h2`,{children:[P(`neverCited`),` `,a.value?k(`span`,{class:`count`,children:s.length}):null]}),k(`p`,{class:`soft`,children:P(`neverCitedMore`,{days:ud})}),i?null:k(G,{kind:`warn`,children:P(`noScope`,{scope:`settings`})}),k(K,{failure:a.failure,retry:a.reload}),i&&a.value===null&&a.failure===null?k(J,{}):null,a.value?.cut?k(G,{kind:`warn`,children:P(`neverCitedCut`,{n:dd})}):null,a.value&&s.length===0?k(q,{icon:`file`,title:P(`noneIdle`)}):null,k(pd,{documents:s})]})]})}function pd({documents:e,validity:t}){return k(`ul`,{class:`plain-list rows`,children:[e.slice(0,200).map(e=>k(`li`,{children:[k(`a`,{href:H(`knowledge`,V(e.name),`documents`,e.name.split(`/`)[3]??``),dir:`auto`,children:e.title||e.path}),k(`span`,{class:`soft`,children:t?k(ed,{document:e}):Zr(e.updateTime)})]},e.name)),e.length>200?k(`li`,{class:`soft`,children:P(`andMore`,{n:e.length-200})}):null]})}function md({collection:e}){let{services:t}=U(),[r,a]=n(``),[s,c]=n(null),[l,u]=n(null),d=z(),f=R(async(n,r)=>{let i=[];for await(let a of wu(r=>t.knowledge.listCuratedAnswers({collection:e,pageSize:100,pageToken:r},{signal:n})))i.push(...a.curatedAnswers),r([...i]);return i},[t,e]),p=v(()=>hd(f.value??[],r),[f.value,r]);return k(i,{children:[k(`div`,{class:`toolbar`,children:[k(`label`,{class:`search-field`,children:[k(W,{name:`search`}),k(`span`,{class:`unseen`,children:P(`searchCurated`)}),k(`input`,{class:`field`,type:`search`,placeholder:P(`searchCurated`),value:r,onInput:e=>a(e.currentTarget.value)})]}),k(`button`,{type:`button`,class:`button primary`,onClick:()=>c(o(Or,{questions:[``]})),children:[k(W,{name:`plus`}),` `,P(`newCurated`)]}),k(`p`,{class:`soft`,role:`status`,children:f.loading?P(`loading`):P(`answerCount`,{count:p.length})})]}),k(K,{failure:f.failure,retry:f.reload}),f.value===null&&f.failure===null?k(J,{}):null,f.value!==null&&p.length===0&&!f.loading?k(q,{icon:`sparkle`,title:P(r===``?`noCurated`:`noCuratedFound`),children:P(`noCuratedMore`)}):null,k(`ul`,{class:`cards`,children:p.slice(0,200).map(e=>k(`li`,{class:`card`,children:[k(`ul`,{class:`card-questions`,children:e.questions.map(e=>k(`li`,{dir:`auto`,children:e},e))}),k(Oi,{class:`card-text`,text:e.answer}),k(`div`,{class:`card-foot`,children:[k(Y,{children:ei(e.language)}),e.audience===kr.STAFF?k(Y,{kind:`warn`,children:P(`staffOnly`)}):null,e.priority===0?null:k(Y,{children:P(`priorityIs`,{n:e.priority})}),e.validFrom||e.validUntil?k(ed,{document:e}):null,k(`span`,{class:`soft`,children:Zr(e.updateTime)}),k(`span`,{class:`card-actions`,children:[k(`button`,{type:`button`,class:`button small`,"aria-label":P(`editNamed`,{title:e.questions[0]??``}),onClick:()=>c(e),children:P(`edit`)}),k(`button`,{type:`button`,class:`button small danger`,"aria-label":P(`deleteNamed`,{title:e.questions[0]??``}),onClick:()=>u(e),children:P(`delete`)})]})]})]},e.name))}),p.length>200?k(`p`,{class:`soft`,children:P(`narrowSearch`)}):null,s?k(Ni,{answer:s,collection:e,onClose:()=>c(null),onSaved:()=>{c(null),f.reload()}}):null,l?k(Z,{title:P(`deleteCurated`),action:P(`delete`),danger:!0,busy:d.busy,failure:d.failure,onClose:()=>u(null),onConfirm:()=>d.run(async()=>{await t.knowledge.deleteCuratedAnswer({name:l.name}),u(null),f.reload()}),children:k(`p`,{dir:`auto`,children:P(`deleteCuratedMore`,{question:l.questions[0]??``})})}):null]})}function hd(e,t){let n=t.toLowerCase().split(/\s+/).filter(Boolean);return e.filter(e=>{let t=[...e.questions,e.answer].join(`
`).toLowerCase();return n.every(e=>t.includes(e))})}function gd({collection:e}){let{services:t,me:r}=U(),[a,o]=n(``),[s,c]=n(``),[l,u]=n(!0),[d,f]=n(null),p=R(async n=>d===null?null:t.knowledge.search({collections:[e.name],query:d.query,topK:10,asOf:d.asOf,audience:d.asCustomer?kr.EVERYONE:kr.UNSPECIFIED},{signal:n}),[t,e.name,d]),m=R(async e=>Q(r,`settings`)?(await t.admin.getTenantSettings({},{signal:e})).settings?.minRelevance:void 0,[t]);return k(i,{children:[k(`form`,{class:`search-form`,onSubmit:e=>{e.preventDefault(),a.trim()!==``&&f({query:a.trim(),asOf:s,asCustomer:l})},children:[k(X,{label:P(`testQuestion`),hint:P(`testQuestionHint`),children:(e,t)=>k(`input`,{id:e,class:`field`,type:`search`,dir:`auto`,maxLength:4e3,value:a,"aria-describedby":t,onInput:e=>o(e.currentTarget.value)})}),k(`div`,{class:`row`,children:[k(X,{label:P(`asOf`),children:e=>k(`input`,{id:e,class:`field`,type:`date`,value:s,onInput:e=>c(e.currentTarget.value)})}),k(`label`,{class:`check`,children:[k(`input`,{type:`checkbox`,checked:l,onChange:e=>u(e.currentTarget.checked)}),` `,P(`asCustomer`)]}),k(`button`,{type:`submit`,class:`button primary`,children:P(`search`)})]})]}),k(K,{failure:p.failure,retry:p.reload}),d!==null&&p.value===null&&p.failure===null?k(J,{}):null,p.value?k(_d,{response:p.value,tenants:m.value??void 0}):null,d===null?k(q,{icon:`search`,title:P(`searchTest`),children:P(`searchTestMore`)}):null]})}function _d({response:e,tenants:t}){let n=ma(e.hits,t);return k(`section`,{class:`found`,"aria-label":P(`results`),children:[k(`p`,{class:`soft`,role:`status`,children:P(`foundIn`,{count:e.hits.length,time:Qr(va(e.total)),language:ei(e.queryLanguage)})}),e.curatedMatch?k(yd,{match:e.curatedMatch}):null,k(`p`,{class:`soft`,children:vd(n)}),e.apart<e.minApart?k(`p`,{class:`soft`,children:P(`tooNear`,{apart:e.apart.toFixed(3),wanted:e.minApart.toFixed(3)})}):null,e.hits.length===0?k(q,{icon:`search`,title:P(`nothingFound`)}):null,k(`ol`,{class:`hits`,children:_a(e.hits).map(e=>k(bd,{hit:e,threshold:n},e.passage?.name))})]})}function vd(e){switch(e.of){case`tenant`:return P(`thresholdTenant`,{value:L(e.value)});case`collection`:return P(`thresholdCollection`,{value:L(e.value)});case`unknown`:return P(`thresholdUnknown`)}}function yd({match:e}){let t=e.curatedAnswer;return k(`div`,{class:`card curated-match ${e.applies?`applies`:``}`,children:[k(`h2`,{children:[e.applies?k(Ye,{name:`check`}):k(Ye,{name:`close`}),` `,e.applies?P(`curatedApplies`):P(`curatedNot`)]}),e.applies?null:k(`p`,{children:pa(e)}),k(`dl`,{class:`facts`,children:[k(`dt`,{children:P(`nearestQuestion`)}),k(`dd`,{dir:`auto`,children:e.question}),k(`dt`,{children:P(`cosine`)}),k(`dd`,{children:[e.cosine.toFixed(3),` `,e.leastCosine>0?P(`needs`,{value:e.leastCosine.toFixed(3)}):null]}),e.questionWords.length>0?k(i,{children:[k(`dt`,{children:P(`wordsOfAnswer`)}),k(`dd`,{children:_e(e.questionWords)})]}):null,e.queryWords.length>0?k(i,{children:[k(`dt`,{children:P(`wordsOfQuery`)}),k(`dd`,{children:_e(e.queryWords)})]}):null,k(`dt`,{children:P(`answer`)}),k(`dd`,{children:k(Oi,{text:t?.answer??``})})]})]})}function bd({hit:e,threshold:t}){let{passage:n,signals:r}=e,i=t.of===`unknown`||e.relevance>=t.value,[,a=``,,o=``]=(n?.name??``).split(`/`);return k(`li`,{class:`card hit ${i?``:`below`}`,children:[k(`div`,{class:`hit-head`,children:[k(`a`,{href:H(`knowledge`,a,`documents`,o),dir:`auto`,children:[n?.title,...n?.headings??[]].filter(Boolean).join(` › `)}),n?.audience===kr.STAFF?k(Y,{kind:`warn`,children:P(`staffOnly`)}):null,t.of===`unknown`?null:k(Y,{kind:i?`good`:`danger`,children:P(i?`aboveThreshold`:`belowThreshold`)})]}),k(`div`,{class:`meter`,role:`img`,"aria-label":P(`relevanceIs`,{value:L(e.relevance)}),children:[k(`span`,{class:`meter-fill`,style:{width:`${Math.min(1,e.relevance)*100}%`}}),t.of===`unknown`?null:k(`span`,{class:`meter-mark`,style:{left:`${t.value*100}%`}})]}),k(`div`,{class:`passage-text`,dir:`auto`,children:k(it,{pieces:[{text:n?.text??``,marked:!1}]})}),k(`dl`,{class:`signals`,children:[k(xd,{name:P(`relevance`),value:e.relevance.toFixed(3),more:P(`relevanceMore`)}),k(xd,{name:P(`score`),value:e.score.toFixed(3),more:P(`scoreMore`)}),k(xd,{name:P(`cosine`),value:r?.cosine.toFixed(3),more:P(`rankIs`,{n:r?.denseRank||`–`})}),k(xd,{name:`BM25`,value:r?.bm25.toFixed(2),more:P(`rankIs`,{n:r?.lexicalRank||`–`})}),k(xd,{name:P(`coverage`),value:L(r?.coverage??0),more:P(`coverageMore`)}),k(xd,{name:P(`headCosine`),value:r?.headCosine.toFixed(3),more:r?.headIsQuestion?P(`headIsQuestion`):P(`headCosineMore`)}),r?.rerank===void 0?null:k(xd,{name:P(`rerank`),value:r.rerank.toFixed(3),more:P(`rerankMore`)}),r?.otherLanguage?k(xd,{name:P(`otherLanguage`),value:ei(n?.language??``),more:P(`otherLanguageMore`)}):null]}),e.instructionsFrom===void 0?null:k(G,{kind:`warn`,children:P(`instructionsLeftOut`,{text:(n?.text??``).slice(e.instructionsFrom,e.instructionsFrom+80)})}),e.samePassages.length>0?k(G,{kind:`info`,children:P(`samePassages`,{count:e.samePassages.length,collections:_e([...new Set(e.samePassages.map(V))])})}):null]})}function xd({name:e,value:t,more:n}){return k(`div`,{children:[k(`dt`,{children:e}),k(`dd`,{children:[k(`strong`,{children:t}),` `,k(`span`,{class:`soft`,children:n})]})]})}var Sd=[`added`,`changed`,`moved`,`gone`,`failed`,`missing`,`forbidden`,`unchanged`];function Cd(e){return{added:P(`syncOutcomeAdded`),changed:P(`syncOutcomeChanged`),moved:P(`syncOutcomeMoved`),gone:P(`syncOutcomeGone`),failed:P(`syncOutcomeFailed`),missing:P(`syncOutcomeMissing`),forbidden:P(`syncOutcomeForbidden`),unchanged:P(`syncOutcomeUnchanged`)}[e]}function wd(e){let t=Sd[e-1];return t===void 0?``:Cd(t)}function Td(e){let{counts:t}=e;return t===void 0?``:_e(Sd.filter(e=>t[e]>0).map(e=>`${t[e]} ${Cd(e)}`))}function Ed(e){switch(e.state){case Zl.QUEUED:return P(`syncQueued`);case Zl.RUNNING:return P(`syncRunning`,{seen:e.seen,applied:e.applied,total:e.toApply});case Zl.HELD:return P(`syncHeld`);case Zl.FAILED:return P(`syncFailed`);case Zl.DISMISSED:return P(`syncDismissed`);case Zl.SUPERSEDED:return P(`syncSuperseded`);default:return P(`syncDone`)}}function Dd(e){return e.split(`/`).at(-1)??``}function Od(e){return e.displayName||Dd(e.name)}function kd(e){let{origin:t}=e;switch(t.case){case`folder`:return t.value.path;case`s3`:return`${t.value.endpoint}/${t.value.bucket}/${t.value.prefix}`;case`rest`:return t.value.recipe;case void 0:return``;default:return t.value.address}}var Ad=500;function jd({source:e,onClose:t}){let{services:r}=U(),[i,a]=n(``),o=z(),s=R(async t=>(await r.sources.listSyncs({source:e.name},{signal:t})).syncs,[r,e.name]),c=s.value??[],l=c.find(e=>e.name===i)??c.find(e=>e.state===Zl.HELD)??c[0],u=e=>{o.run(async()=>{await e(),t()})};return k(M,{kind:`box`,title:P(`sourceRuns`,{name:Od(e)}),closeLabel:P(`close`),onClose:t,children:[k(K,{failure:s.failure??o.failure}),s.value===null&&s.failure===null?k(J,{}):null,s.value?.length===0?k(`p`,{children:P(`sourceNever`)}):null,l?k(`div`,{class:`stack`,children:[k(`label`,{class:`picker`,children:[k(`span`,{class:`soft`,children:P(`syncBegan`)}),k(`select`,{class:`field`,value:l.name,onChange:e=>a(e.currentTarget.value),children:c.map(e=>k(`option`,{value:e.name,children:[F(e.startTime??e.createTime),` – `,Ed(e)]},e.name))})]}),l.message===``?null:k(G,{kind:l.state===Zl.DONE?`info`:`warn`,children:l.message}),k(`p`,{children:[Ed(l),`: `,Td(l)]}),k(Md,{sync:l},l.name),l.state===Zl.HELD?k(`div`,{class:`dialog-actions`,children:[k(`button`,{type:`button`,class:`button`,disabled:o.busy,onClick:()=>u(()=>r.sources.dismissSync({name:l.name})),children:P(`sourceDismiss`)}),k(`button`,{type:`button`,class:`button primary`,disabled:o.busy,onClick:()=>u(()=>r.sources.approveSync({name:l.name})),children:P(`sourceApprove`)})]}):null]}):null]})}function Md({sync:e}){let{services:t}=U(),[r,a]=n(null),o=z(),s=R(async n=>(await t.sources.getSync({name:e.name,pageSize:Ad},{signal:n})).outcomes,[t,e.name]),c=n=>{o.run(async()=>{let r=await t.sources.compareSyncDocument({name:e.name,address:n});a({address:n,old:r.oldText,new:r.newText})})},l=s.value??[];return k(i,{children:[k(K,{failure:s.failure??o.failure}),r?k(Ll,{before:r.old,after:r.new,caption:P(`sourceDifference`,{address:r.address})}):null,l.length>0?k(`div`,{class:`table-frame`,tabIndex:0,role:`region`,"aria-label":P(`syncOutcomeAddress`),children:k(`table`,{class:`table`,children:[k(`thead`,{children:k(`tr`,{children:[k(`th`,{scope:`col`,children:P(`syncOutcomeAddress`)}),k(`th`,{scope:`col`,children:P(`syncOutcomeWhy`)})]})}),k(`tbody`,{children:l.map(t=>k(`tr`,{children:[k(`th`,{scope:`row`,children:[t.address,t.movedFrom===``?null:k(`span`,{class:`path`,children:P(`syncOutcomeMovedFrom`,{address:t.movedFrom})})]}),k(`td`,{children:[wd(t.outcome),` `,k(`span`,{class:`path`,children:t.reason}),e.state===Zl.HELD&&t.outcome<=4?k(`button`,{type:`button`,class:`button small`,onClick:()=>c(t.address),children:P(`sourceCompare`)}):null]})]},t.address))})]})}):null]})}var Nd=[`sitemap`,`crawl`,`git`,`feed`,`folder`,`s3`,`rest`],Pd={id:``,displayName:``,kind:`sitemap`,address:``,prefix:``,folder:``,bucket:``,recipe:``,settings:``,secret:``,hours:`6`,audience:kr.EVERYONE,paused:!1,unchecked:!1};function Fd(e){let{origin:t}=e,n=e.schedule?.everyMinutes??0,r={...Pd,displayName:e.displayName,kind:t.case??`sitemap`,secret:e.secret.replace(/^secrets\//,``),hours:n===0?``:String(n/60),audience:e.audience,paused:e.paused,unchecked:e.unchecked};switch(t.case){case`crawl`:return{...r,address:t.value.address,prefix:t.value.prefix};case`git`:return{...r,address:t.value.address,folder:t.value.folder};case`folder`:return{...r,address:t.value.path};case`s3`:return{...r,address:t.value.endpoint,bucket:t.value.bucket};case`rest`:{let e=Object.entries(t.value.settings).map(([e,t])=>`${e}=${t}`);return{...r,recipe:t.value.recipe,settings:e.join(`
`)}}case void 0:return r;default:return{...r,address:t.value.address}}}function Id(e,t,n){e.name===``&&(e.name=`${n}/sources/${t.id}`),e.displayName=t.displayName,e.origin=Ld(e,t),e.secret=t.secret.trim()===``?``:`secrets/${t.secret.trim()}`;let r=Math.round(Number(t.hours)*60);return r>0?e.schedule=o(Xl,{everyMinutes:r}):(e.schedule?.dailyAt??``)===``&&(e.schedule=o(Xl)),e.audience=t.audience,e.paused=t.paused,e.unchecked=t.unchecked,delete e.status,e}function Ld({origin:e},t){let n=t.address.trim();switch(t.kind){case`sitemap`:return{case:`sitemap`,value:o(Ul,{...e.case===`sitemap`?{hosts:e.value.hosts}:{},address:n})};case`crawl`:{let r=e.case===`crawl`?{exclude:e.value.exclude}:{};return{case:`crawl`,value:o(Wl,{...r,address:n,prefix:t.prefix.trim()})}}case`git`:{let r=e.case===`git`?{branch:e.value.branch,uriPrefix:e.value.uriPrefix}:{};return{case:`git`,value:o(Gl,{...r,address:n,folder:t.folder.trim()})}}case`feed`:{let t=e.case===`feed`?{entryText:e.value.entryText}:{};return{case:`feed`,value:o(Kl,{...t,address:n})}}case`folder`:return{case:`folder`,value:o(ql,{path:n})};case`s3`:{let r=e.case===`s3`?{prefix:e.value.prefix,region:e.value.region}:{};return{case:`s3`,value:o(Jl,{...r,endpoint:n,bucket:t.bucket.trim()})}}case`rest`:{let n=t.settings.split(`
`).filter(e=>e.includes(`=`)),r=Object.fromEntries(n.map(e=>[e.slice(0,e.indexOf(`=`)).trim(),e.slice(e.indexOf(`=`)+1).trim()])),i=e.case===`rest`?{description:e.value.description}:{};return{case:`rest`,value:o(Yl,{...i,recipe:t.recipe,settings:r})}}}}function Rd(e){let{collection:t,source:r,onClose:a,onSaved:o}=e,{services:s}=U(),c=r.name===``,[l,u]=n(()=>c?Pd:Fd(r)),d=z(),f=R(async e=>(await s.sources.listRecipes({},{signal:e})).recipes,[s]),p=f.value?.find(e=>e.id===l.recipe),m=Object.entries(p?.settings??{}).map(([e,t])=>`${e}=${t}`),h=e=>u({...l,...e}),g={sitemap:P(`kindSitemap`),crawl:P(`kindCrawl`),git:P(`kindGit`),feed:P(`kindFeed`),folder:P(`kindFolder`),s3:P(`kindS3`),rest:P(`kindRest`)},_=(e,t,n={})=>k(X,{label:t,...n.hint?{hint:n.hint}:{},children:(t,r)=>k(`input`,{id:t,class:`field`,required:n.required??!1,value:l[e],"aria-describedby":r,onInput:t=>h({[e]:t.currentTarget.value})})});return k(M,{kind:`box`,title:c?P(`newSource`):Od(r),closeLabel:P(`close`),onClose:a,children:k(`form`,{class:`stack`,onSubmit:e=>{e.preventDefault(),d.run(async()=>{let e=Id(It(Hl,r),l,t),n=await s.sources.putSource({source:e});o(Dd(e.name),n.pushToken)})},children:[c?_(`id`,P(`sourceName`),{hint:P(`sourceNameHint`),required:!0}):null,_(`displayName`,P(`displayName`)),k(X,{label:P(`sourceKind`),children:e=>k(`select`,{id:e,class:`field`,value:l.kind,disabled:!c,onChange:e=>h({kind:Nd.find(t=>t===e.currentTarget.value)??`sitemap`}),children:Nd.map(e=>k(`option`,{value:e,children:g[e]},e))})}),l.kind===`rest`?k(i,{children:[k(X,{label:P(`sourceRecipe`),children:e=>k(`select`,{id:e,class:`field`,value:l.recipe,onChange:e=>h({recipe:e.currentTarget.value}),children:[k(`option`,{value:``}),(f.value??[]).map(e=>k(`option`,{value:e.id,children:e.title},e.id))]})}),k(X,{label:P(`sourceSettings`),hint:P(`sourceSettingsHint`,{example:m.join(` `)||`site=…`}),children:(e,t)=>k(`textarea`,{id:e,class:`field mono`,rows:3,value:l.settings,"aria-describedby":t,onInput:e=>h({settings:e.currentTarget.value})})})]}):_(`address`,l.kind===`folder`?P(`sourcePath`):P(`sourceAddress`),{required:!0}),l.kind===`s3`?_(`bucket`,P(`sourceBucket`),{required:!0}):null,l.kind===`crawl`?_(`prefix`,P(`sourcePrefix`)):null,l.kind===`git`?_(`folder`,P(`sourceFolder`)):null,[`git`,`s3`,`rest`].includes(l.kind)?_(`secret`,P(`sourceSecret`),{hint:P(`sourceSecretHint`)}):null,k(X,{label:P(`sourceEvery`),hint:P(`sourceEveryHint`),children:(e,t)=>k(`input`,{id:e,class:`field`,type:`number`,min:0,max:720,step:`any`,value:l.hours,"aria-describedby":t,onInput:e=>h({hours:e.currentTarget.value})})}),k(`label`,{class:`check`,children:[k(`input`,{type:`checkbox`,checked:l.audience===kr.STAFF,onChange:e=>h({audience:e.currentTarget.checked?kr.STAFF:kr.EVERYONE})}),` `,P(`sourceStaff`)]}),k(`label`,{class:`check`,children:[k(`input`,{type:`checkbox`,checked:l.paused,onChange:e=>h({paused:e.currentTarget.checked})}),` `,P(`sourcePause`)]}),k(`label`,{class:`check`,children:[k(`input`,{type:`checkbox`,checked:l.unchecked,onChange:e=>h({unchecked:e.currentTarget.checked})}),` `,P(`sourceUnchecked`)]}),k(K,{failure:d.failure}),k(`div`,{class:`dialog-actions`,children:[k(`button`,{type:`button`,class:`button`,onClick:a,children:P(`cancel`)}),k(`button`,{type:`submit`,class:`button primary`,disabled:d.busy,children:P(`save`)})]})]})})}var zd=2e3;function Bd({collection:e}){let{services:t}=U(),[r,a]=n(null),[s,c]=n(null),[l,u]=n(null),[d,f]=n(!1),[p,m]=n(``),h=z(),g=R(async n=>(await t.sources.listSources({collection:e},{signal:n})).sources,[t,e]),_=g.value??[],v=_.some(e=>e.status?.running!==void 0);w(()=>{if(!v)return;let e=setInterval(g.reload,zd);return()=>{clearInterval(e)}},[v,g.reload]);let y=e=>{h.run(async()=>{await t.sources.syncSource({name:e.name}),g.reload()})};return k(i,{children:[k(`div`,{class:`toolbar`,children:[k(`button`,{type:`button`,class:`button primary`,onClick:()=>a(o(Hl)),children:[k(W,{name:`plus`}),` `,P(`newSource`)]}),k(`p`,{class:`soft`,children:P(`sourcesMore`)})]}),k(K,{failure:g.failure??(l===null?h.failure:null),retry:g.reload}),p===``?null:k(G,{kind:`good`,children:[P(`sourceToken`),` `,k(`code`,{children:p})]}),_.map(e=>e.status?.held?k(G,{kind:`warn`,children:[P(`sourceHeldNotice`,{name:Od(e),reason:e.status.held.message}),` `,k(`button`,{type:`button`,class:`button small`,onClick:()=>c(e),children:P(`sourceReview`)})]},e.name):null),g.value===null&&g.failure===null?k(J,{}):null,g.value?.length===0?k(q,{icon:`book`,title:P(`noSources`),children:P(`noSourcesMore`)}):null,_.length>0?k(`div`,{class:`table-frame`,tabIndex:0,role:`region`,"aria-label":P(`sourcesTab`),children:k(`table`,{class:`table`,children:[k(`thead`,{children:k(`tr`,{children:[k(`th`,{scope:`col`,children:P(`sourceOf`)}),k(`th`,{scope:`col`,class:`figure`,children:P(`sourceDocuments`)}),k(`th`,{scope:`col`,children:P(`sourceNext`)}),k(`th`,{scope:`col`,children:P(`sourceLast`)}),k(`th`,{scope:`col`,children:k(`span`,{class:`unseen`,children:P(`sourceEdit`)})})]})}),k(`tbody`,{children:_.map(e=>k(`tr`,{children:[k(`th`,{scope:`row`,children:[Od(e),` `,e.paused?k(Y,{children:P(`sourcePaused`)}):null,k(`span`,{class:`path`,children:kd(e)})]}),k(`td`,{class:`figure`,children:e.status?.documentCount??0}),k(`td`,{children:e.status?.nextTime?F(e.status.nextTime):P(`sourceWhenAsked`)}),k(`td`,{children:k(Vd,{source:e})}),k(`td`,{children:[k(`button`,{type:`button`,class:`button small`,onClick:()=>y(e),children:P(`sourceRun`)}),` `,k(`button`,{type:`button`,class:`button small`,onClick:()=>c(e),children:P(`sourceRunsButton`)}),` `,k(`button`,{type:`button`,class:`button small`,onClick:()=>a(e),children:P(`sourceEdit`)}),` `,k(`button`,{type:`button`,class:`button small`,onClick:()=>u(e),children:P(`sourceDelete`)})]})]},e.name))})]})}):null,r?k(Rd,{collection:e,source:r,onClose:()=>a(null),onSaved:(e,t)=>{a(null),m(t===``?``:`${window.location.origin}/api/sources/${e}/push?token=${t}`),g.reload()}}):null,s?k(jd,{source:s,onClose:()=>{c(null),g.reload()}}):null,l?k(Z,{title:P(`sourceDeleteTitle`,{name:Od(l)}),action:P(`sourceDelete`),danger:!0,busy:h.busy,failure:h.failure,onClose:()=>{u(null),h.clear()},onConfirm:()=>h.run(async()=>{await t.sources.deleteSource({name:l.name,withDocuments:d}),u(null),g.reload()}),children:[k(`p`,{children:P(`sourceDeleteMore`)}),k(`label`,{class:`check`,children:[k(`input`,{type:`checkbox`,checked:d,onChange:e=>f(e.currentTarget.checked)}),` `,P(`sourceDeleteDocuments`)]})]}):null]})}function Vd({source:e}){let{status:t}=e,n=t?.running??t?.held??t?.last;return n===void 0?k(i,{children:P(`sourceNever`)}):k(i,{children:[Ed(n),` `,k(`span`,{class:`path`,children:Td(n)||n.message})]})}var Hd=[`documents`,`sources`,`curated`,`drafts`,`search`,`attention`];function Ud(){let{services:e,config:t}=U(),[r,a]=n(!1),o=R(async t=>{let n=[];for await(let r of wu(n=>e.knowledge.listCollections({pageSize:100,pageToken:n},{signal:t})))n.push(...r.collections);return n},[e]),[s=``,c=``]=ii.value.rest,l=o.value??[],u=t.collections.map(e=>V(`${e.includes(`/`)?``:`collections/`}${e}`)),d=l.find(e=>V(e.name)===s)??l.find(e=>u.includes(V(e.name)))??l[0],f=Hd.find(e=>e===c)??`documents`,p=d?V(d.name):``,m={documents:P(`documents`),sources:P(`sourcesTab`),curated:P(`curatedAnswers`),drafts:P(`drafts`),search:P(`searchTest`),attention:P(`needsAttention`)};return k(`div`,{class:`page`,children:[k(Di,{title:P(`knowledge`),children:[l.length>0?k(`label`,{class:`picker`,children:[k(`span`,{class:`soft`,children:P(`collection`)}),k(`select`,{class:`field`,value:p,onChange:e=>li(`knowledge`,e.currentTarget.value,f),children:l.map(e=>k(`option`,{value:V(e.name),children:e.displayName||V(e.name)},e.name))})]}):null,k(`button`,{type:`button`,class:`button`,onClick:()=>a(!0),children:[k(W,{name:`plus`}),` `,P(`newCollection`)]})]}),k(K,{failure:o.failure,retry:o.reload}),o.value===null&&o.failure===null?k(J,{}):null,o.value?.length===0?k(q,{icon:`book`,title:P(`noCollections`),children:P(`noCollectionsMore`)}):null,d?k(i,{children:[k(Ei,{label:P(`knowledge`),items:Hd.map(e=>({href:H(`knowledge`,p,e),label:m[e],current:e===f}))}),f===`documents`?k(ld,{collection:d,onChange:o.reload,open:ii.value.rest[2]??``},p):null,f===`sources`?k(Bd,{collection:d.name},p):null,f===`curated`?k(md,{collection:d.name},p):null,f===`drafts`?k(Gu,{collection:d,open:ii.value.rest[2]??``,onChange:o.reload},p):null,f===`search`?k(gd,{collection:d},p):null,f===`attention`?k(fd,{collection:d.name},p):null]}):null,r?k(Wd,{onClose:()=>a(!1),onMade:e=>{a(!1),o.reload(),li(`knowledge`,e,`documents`)}}):null]})}function Wd({onClose:e,onMade:t}){let{services:r}=U(),[i,a]=n(``),[o,s]=n(``),c=z();return k(M,{kind:`box`,title:P(`newCollection`),closeLabel:P(`close`),onClose:e,children:k(`form`,{class:`stack`,onSubmit:e=>{e.preventDefault(),c.run(async()=>{await r.knowledge.createCollection({collectionId:i,displayName:o}),t(i)})},children:[k(X,{label:P(`collectionId`),hint:P(`collectionIdHint`),children:(e,t)=>k(`input`,{id:e,class:`field mono`,required:!0,pattern:`[a-z][a-z0-9\\-]{0,62}`,value:i,"aria-describedby":t,onInput:e=>a(e.currentTarget.value)})}),k(X,{label:P(`displayName`),children:e=>k(`input`,{id:e,class:`field`,maxLength:100,value:o,onInput:e=>s(e.currentTarget.value)})}),k(K,{failure:c.failure}),k(`div`,{class:`dialog-actions`,children:[k(`button`,{type:`button`,class:`button`,onClick:e,children:P(`cancel`)}),k(`button`,{type:`submit`,class:`button primary`,disabled:c.busy,children:P(`create`)})]})]})})}var Gd=10,Kd=50,qd=2e3,Jd=1e5;function Yd(){let{services:e,me:t}=U(),n=re(),r=R(async t=>{let{experiments:n}=await e.experiments.listExperiments({},{signal:t});return n},[e]),[i,...a]=r.value??[],o=i?.end===fu.UNSPECIFIED;return k(`section`,{class:`panel-card stack`,"aria-labelledby":n,children:[k(`h2`,{id:n,children:P(`experiments`)}),k(`p`,{class:`soft`,children:P(`experimentsMore`)}),k(K,{failure:r.failure,retry:r.reload}),r.value===null&&r.failure===null?k(J,{}):null,r.value?.length===0?k(`p`,{class:`none`,children:P(`noExperiments`)}):null,i?k(Xd,{experiment:i}):null,i&&o?k(Qd,{experiment:i,canPromote:Q(t,`knowledge`),changed:r.reload}):null,r.value!==null&&!o?k($d,{changed:r.reload}):null,a.length>0?k(`details`,{children:[k(`summary`,{children:P(`experimentEarlier`)}),k(`div`,{class:`stack`,children:a.map(e=>k(Xd,{experiment:e},e.name))})]}):null]})}function Xd({experiment:e}){let{figures:t}=e,[n,r]=[t?.draft,t?.live];return k(`article`,{class:`stack`,"aria-label":e.title||e.draft,children:[k(`p`,{children:[k(Y,{kind:e.end===fu.UNSPECIFIED?`accent`:`plain`,children:ef(e.end)}),` `,k(`strong`,{children:e.title||e.draft}),` `,k(`span`,{class:`soft`,children:P(`experimentSince`,{share:L(e.sharePercent/100),time:F(e.startTime)})})]}),t&&n&&r?k(i,{children:[k(`p`,{children:[k(`strong`,{children:tf(t.verdict)}),` `,P(`experimentTest`,{difference:rf(t.difference),low:rf(t.differenceLow),high:rf(t.differenceHigh),rate:L(t.falseAlarmRate)})]}),k(`div`,{class:`table-frame`,tabIndex:0,role:`region`,"aria-label":P(`armWhat`),children:k(`table`,{class:`table`,children:[k(`thead`,{children:k(`tr`,{children:[k(`th`,{scope:`col`,children:P(`armWhat`)}),k(`th`,{scope:`col`,class:`figure`,children:P(`armDraft`)}),k(`th`,{scope:`col`,class:`figure`,children:P(`armLive`)})]})}),k(`tbody`,{children:[k(Zd,{name:P(`armConversations`),of:e=>I(e.conversations),draft:n,live:r}),k(Zd,{name:P(`armResolved`),of:e=>nf(e.resolved,e),draft:n,live:r}),k(Zd,{name:P(`armHandedOver`),of:e=>nf(e.handedOver,e),draft:n,live:r}),k(Zd,{name:P(`armRatedDown`),of:e=>nf(e.ratedDown,e),draft:n,live:r}),k(Zd,{name:P(`armFirstText`),of:e=>e.firstText?.count?Qr(e.firstText.p95):`–`,draft:n,live:r})]})]})}),k(`p`,{class:`soft`,children:[P(`experimentCounted`,{n:I(n.conversations+r.conversations),most:I(e.mostConversations)}),` `,P(`experimentLeftOut`,{repeated:I(n.repeated+r.repeated),without:I(n.withoutQuestion+r.withoutQuestion)}),` `,n.fellBack>0n?P(`experimentFellBack`,{n:I(n.fellBack)}):``]})]}):null]})}function Zd({name:e,of:t,draft:n,live:r}){return k(`tr`,{children:[k(`th`,{scope:`row`,children:e}),k(`td`,{class:`figure`,children:t(n)}),k(`td`,{class:`figure`,children:t(r)})]})}function Qd({experiment:e,canPromote:t,changed:r}){let{services:i}=U(),[a,o]=n(null),s=z(),c=()=>{o(null),s.clear()};return k(`div`,{class:`row`,children:[k(`button`,{type:`button`,class:`button`,onClick:()=>o(`stop`),children:P(`experimentStop`)}),t?k(`button`,{type:`button`,class:`button primary`,onClick:()=>o(`promote`),children:P(`experimentPromote`)}):null,a?k(Z,{title:P(a===`stop`?`experimentStop`:`experimentPromote`),action:P(a===`stop`?`experimentStop`:`experimentPromote`),busy:s.busy,failure:s.failure,onConfirm:()=>{s.run(async()=>{let{name:t}=e;await(a===`stop`?i.experiments.stopExperiment({name:t}):i.experiments.promoteExperiment({name:t})),c(),r()})},onClose:c,children:k(`p`,{children:a===`stop`?P(`experimentStopMore`):P(`experimentPromoteMore`,{draft:e.draft})})}):null]})}function $d({changed:e}){let{services:t,me:r}=U(),i=Q(r,`knowledge`),a=R(async e=>i?(await t.drafts.listDrafts({collection:`collections/-`,openOnly:!0},{signal:e})).drafts:null,[t,i]),[o,s]=n(``),[c,l]=n(``),[u,d]=n(Gd),[f,p]=n(qd),m=z(),h=a.value;if(h?.length===0)return k(`p`,{class:`none`,children:P(`experimentNoDrafts`)});let g=o||(h?.[0]?.name??``);return k(`form`,{class:`stack`,"aria-label":P(`experimentStart`),onSubmit:n=>{n.preventDefault(),m.run(async()=>{await t.experiments.startExperiment({experiment:{draft:g,title:c,sharePercent:u,mostConversations:f}}),e()})},children:[k(`div`,{class:`row`,children:[k(X,{label:P(`experimentDraft`),...h?{}:{hint:P(`experimentDraftHint`)},children:(e,t)=>h?k(`select`,{id:e,class:`field`,value:g,onChange:e=>s(e.currentTarget.value),children:h.map(e=>k(`option`,{value:e.name,children:e.title||e.name},e.name))}):k(`input`,{id:e,class:`field`,required:!0,value:o,"aria-describedby":t,onInput:e=>s(e.currentTarget.value)})}),k(X,{label:P(`experimentTitle`),children:e=>k(`input`,{id:e,class:`field`,maxLength:80,value:c,onInput:e=>l(e.currentTarget.value)})}),k(X,{label:P(`experimentShare`),hint:P(`experimentShareHint`),children:(e,t)=>k(`input`,{id:e,class:`field`,type:`number`,required:!0,min:1,max:Kd,value:u,"aria-describedby":t,onInput:e=>d(e.currentTarget.valueAsNumber||0)})}),k(X,{label:P(`experimentMost`),children:e=>k(`input`,{id:e,class:`field`,type:`number`,required:!0,min:1,max:Jd,value:f,onInput:e=>p(e.currentTarget.valueAsNumber||0)})})]}),k(K,{failure:m.failure}),k(`div`,{class:`row`,children:k(`button`,{type:`submit`,class:`button primary`,disabled:m.busy,children:P(`experimentStart`)})})]})}function ef(e){switch(e){case fu.STOPPED:return P(`experimentStopped`);case fu.PROMOTED:return P(`experimentPromoted`);case fu.PLANNED:return P(`experimentPlanned`);case fu.DRAFT_GONE:return P(`experimentDraftGone`);default:return P(`experimentRuns`)}}function tf(e){switch(e){case pu.DRAFT_BETTER:return P(`experimentBetter`);case pu.DRAFT_WORSE:return P(`experimentWorse`);default:return P(`experimentUndecided`)}}function nf(e,t){return e===void 0||t.conversations===0n?`–`:P(`armShare`,{share:L(e.share),low:L(e.low),high:L(e.high)})}function rf(e){return`${e>0?`+`:``}${L(e)}`}function af(e){return`\uFEFF${e.map(e=>e.map(of).join(`,`)).join(`\r
`)}\r\n`}function of(e){if(typeof e!=`string`)return String(e);let t=/^[=+\-@＝＋－＠\t\r\n]/.test(e)?`'${e}`:e;return/[",\r\n]/.test(t)?`"${t.replaceAll(`"`,`""`)}"`:t}function sf(e,t,n=`text/csv;charset=utf-8`){let r=URL.createObjectURL(new Blob([t],{type:n})),i=document.createElement(`a`);i.href=r,i.download=e,document.body.append(i),i.click(),i.remove(),URL.revokeObjectURL(r)}function cf(e){if(e<=2)return 2;let t=10**Math.floor(Math.log10(e));for(let n of[1,2,4,5,8,10])if(n*t>=e)return n*t;return 10*t}var[lf,uf,df,ff,pf]=[640,220,52,26,10];function mf({title:e,labels:t,series:r,stacked:i=!1,format:a=I}){let o=re(),[s,c]=n(!1),l=t.map((e,t)=>r.map(e=>e.values[t]??0)),u=cf(Math.max(0,...l.map(e=>i?_f(e):Math.max(0,...e)))),d=e=>uf-ff-e/u*(uf-ff-pf),f=(lf-df)/Math.max(1,t.length),p=Math.min(8,f*.25),m=Math.ceil(t.length/12);return k(`figure`,{class:`chart`,"aria-labelledby":o,children:[k(`figcaption`,{class:`chart-head`,children:[k(`h2`,{id:o,children:e}),k(`button`,{type:`button`,class:`button quiet small`,"aria-expanded":s,onClick:()=>c(!s),children:P(s?`asChart`:`asTable`)})]}),r.length>1?k(`ul`,{class:`legend`,"aria-hidden":`true`,children:r.map(e=>k(`li`,{children:[k(`span`,{class:`swatch color-${e.color}`}),` `,e.name]},e.name))}):null,s?null:k(`svg`,{viewBox:`0 0 ${lf} ${uf}`,role:`img`,"aria-label":gf(e,t,r,a),children:[[0,.5,1].map(e=>k(`g`,{class:`axis`,children:[k(`line`,{x1:df,x2:lf,y1:d(u*e),y2:d(u*e)}),k(`text`,{x:df-8,y:d(u*e)+4,"text-anchor":`end`,children:a(u*e)})]},e)),t.map((e,t)=>{let n=df+t*f+p/2,o=l[t]??[],s=(f-p)/(i?1:r.length);return k(`g`,{children:[k(`title`,{children:`${e}: ${_e(r.map((e,t)=>`${e.name} ${a(o[t]??0)}`))}`}),k(`rect`,{class:`hover`,x:df+t*f,y:pf,width:f,height:uf-ff-pf}),r.map((e,t)=>{let r=i?_f(o.slice(0,t)):0,a=o[t]??0;return k(`rect`,{class:`bar color-${e.color}`,x:i?n:n+t*s,y:d(r+a),width:Math.max(1,s),height:Math.max(0,d(r)-d(r+a))},e.name)}),t%m===0?k(`text`,{class:`tick`,x:df+t*f+f/2,y:uf-8,"text-anchor":`middle`,children:e}):null]},e)})]}),k(`div`,{class:s?`table-frame`:`unseen`,...s?{tabIndex:0,role:`region`,"aria-label":e}:{},children:k(`table`,{class:`table`,children:[k(`caption`,{class:`unseen`,children:e}),k(`thead`,{children:k(`tr`,{children:[k(`th`,{scope:`col`,children:P(`time`)}),r.map(e=>k(`th`,{scope:`col`,class:`figure`,children:e.name},e.name))]})}),k(`tbody`,{children:t.map((e,t)=>k(`tr`,{children:[k(`th`,{scope:`row`,children:e}),r.map(e=>k(`td`,{class:`figure`,children:a(e.values[t]??0)},e.name))]},e))})]})})]})}function hf(e){let t=re();return k(`section`,{class:`panel-card share-list`,"aria-labelledby":t,children:[k(`h2`,{id:t,children:e.title}),e.rows.length===0?k(`p`,{class:`none`,children:e.none}):k(`table`,{class:`share-table`,"aria-labelledby":t,children:[k(`thead`,{class:`unseen`,children:k(`tr`,{children:[k(`th`,{scope:`col`,children:e.title}),k(`th`,{scope:`col`,children:P(`count`)}),k(`th`,{scope:`col`,children:P(`share`)})]})}),k(`tbody`,{children:e.rows.map(t=>k(`tr`,{children:[k(`th`,{scope:`row`,children:[k(`span`,{class:`share-label`,dir:`auto`,children:t.href?k(`a`,{href:t.href,children:t.label}):t.label}),k(`span`,{class:`share-bar`,"aria-hidden":`true`,children:k(`span`,{style:{width:`${t.share*100}%`}})})]}),k(`td`,{class:`figure`,children:I(t.count)}),k(`td`,{class:`figure soft`,children:e.format(t.share)})]},t.label))})]})]})}function gf(e,t,n,r){return`${e}. ${n.map(e=>{let n=Math.max(0,...e.values);return P(`chartAlt`,{name:e.name,sum:r(_f(e.values)),most:r(n),when:t[e.values.indexOf(n)]??`–`})}).join(`; `)}`}function _f(e){return e.reduce((e,t)=>e+t,0)}function vf(e){let t=t=>[...new Set(e.flatMap(e=>Object.keys(t(e))))].sort(),n=t(e=>e.handoffs),r=t(e=>e.sources),i=t(e=>e.languages);return af([[`hour_utc`,`questions`,`confirmed`,`assumed`,`reopened`,`rated_up`,`rated_down`,`replies`,`first_text_p50_ms`,`first_text_p95_ms`,`first_text_p99_ms`,`total_p50_ms`,`total_p95_ms`,`total_p99_ms`,...n.map(e=>`handoffs.${e}`),...r.map(e=>`sources.${e}`),...i.map(e=>`languages.${e}`)],...e.map(e=>[e.startTime===void 0?``:Bt(e.startTime).toISOString(),e.questions,e.confirmed,e.assumed,e.reopened,e.ratedUp,e.ratedDown,e.replies,...[e.firstText,e.total].flatMap(e=>[e?.p50??0,e?.p95??0,e?.p99??0]),...n.map(t=>e.handoffs[t]??0n),...r.map(t=>e.sources[t]??0n),...i.map(t=>e.languages[t]??0n)])])}var yf={questions:0,confirmed:0,assumed:0,reopened:0,handedOver:0,replies:0,ratedUp:0,ratedDown:0};function bf(e,t,n){let r=new Map;for(let e=Of(t);e<n;e=kf(e))r.set(Af(e),{key:Af(e),...yf});return Df(r,e,e=>Af(e))}function xf(e){let t=new Map;for(let e=0;e<24;e+=1)t.set(jf(e),{key:jf(e),...yf});return Df(t,e,e=>jf(e.getHours()))}function Sf(e){let t=Object.entries(e).map(([e,t])=>({key:e,count:Number(t)})),n=t.reduce((e,{count:t})=>e+t,0);return t.filter(({count:e})=>e>0).map(({key:e,count:t})=>({key:e,count:t,share:t/n})).sort((e,t)=>t.count-e.count||e.key.localeCompare(t.key))}function Cf(e){return e.confirmed+e.assumed+e.reopened+e.handedOver}function wf(e){return Object.values(e.handoffs).reduce((e,t)=>e+Number(t),0)}function Tf(e,t){let n=[];for(let r=Of(e);r<t;r=kf(r))n.push({key:Af(r),start:r,end:kf(r)<t?kf(r):t});return n}function Ef(e,t){return new Date(t.getFullYear(),t.getMonth(),t.getDate()-e+1)}function Df(e,t,n){for(let r of t){if(r.startTime===void 0)continue;let t=n(Bt(r.startTime)),i=e.get(t);i!==void 0&&e.set(t,{key:t,questions:i.questions+Number(r.questions),confirmed:i.confirmed+Number(r.confirmed),assumed:i.assumed+Number(r.assumed),reopened:i.reopened+Number(r.reopened),handedOver:i.handedOver+wf(r),replies:i.replies+Number(r.replies),ratedUp:i.ratedUp+Number(r.ratedUp),ratedDown:i.ratedDown+Number(r.ratedDown)})}return[...e.values()]}function Of(e){return new Date(e.getFullYear(),e.getMonth(),e.getDate())}function kf(e){return new Date(e.getFullYear(),e.getMonth(),e.getDate()+1)}function Af(e){return`${e.getFullYear()}-${jf(e.getMonth()+1)}-${jf(e.getDate())}`}function jf(e){return String(e).padStart(2,`0`)}var Mf=[1,7,30,90],Nf=10;function Pf(){let{services:e,me:t}=U(),[r,i]=n(7),a=R(async n=>{let i=new Date,a=Ef(r,i),s={startTime:zt(a),endTime:zt(i)},[c,l,u]=await Promise.all([e.insight.getNumbers(s,{signal:n}),e.insight.listDocumentUse({...s,pageSize:Nf},{signal:n}),e.review.getReviewNumbers({startDay:a.toISOString().slice(0,10),endDay:i.toISOString().slice(0,10)},{signal:n})]),d=Q(t,`knowledge`)?await o(l.documents.map(e=>e.document)):new Map,f=l.documents.map(e=>({...e,title:d.get(e.document)??e.document.split(`/`).slice(1).join(`/`)}));return{from:a,to:i,total:c.total,hours:c.hours,documents:f,reviews:u}},[e,r]),o=async t=>{let n=await Promise.all(t.map(async t=>[t,await e.knowledge.listPassages({document:t,pageSize:1}).then(({passages:e})=>e[0]?.title,()=>void 0)]));return new Map(n.filter(e=>!!e[1]))},s=a.value;return k(`div`,{class:`page`,children:[k(Di,{title:P(`numbers`),children:[k(`label`,{class:`picker`,children:[k(`span`,{class:`soft`,children:P(`span`)}),k(`select`,{class:`field`,value:r,onChange:e=>i(Number(e.currentTarget.value)),children:Mf.map(e=>k(`option`,{value:e,children:e===1?P(`today`):P(`lastDays`,{count:e})},e))})]}),k(`button`,{type:`button`,class:`button`,disabled:s===null,onClick:()=>{s&&sf(`kefu-${s.from.toISOString().slice(0,10)}-${s.to.toISOString().slice(0,10)}.csv`,vf(s.hours))},children:[k(W,{name:`download`}),` `,P(`exportCsv`)]})]}),k(K,{failure:a.failure,retry:a.reload}),s===null&&a.failure===null?k(J,{}):null,s?k(Ff,{span:s,days:r}):null,k(Yd,{})]})}function Ff({span:e,days:t}){let{total:n}=e,r=bf(e.hours,e.from,e.to),a=xf(e.hours),o=r.map(e=>e.key.slice(5)),s=a.map(e=>e.key);if(n.questions===0n&&n.replies===0n)return k(q,{icon:`chart`,title:P(`noNumbers`),children:P(`noNumbersMore`)});let c=Number(n.confirmed+n.assumed+n.reopened),l=Number(n.confirmed+n.assumed),u=c+wf(n),d=Number(n.ratedUp+n.ratedDown),f=e=>[{name:P(`confirmed`),color:1,values:e.map(e=>e.confirmed)},{name:P(`assumed`),color:2,values:e.map(e=>e.assumed)},{name:P(`reopened`),color:3,values:e.map(e=>e.reopened)},{name:P(`handedOver`),color:4,values:e.map(e=>e.handedOver)},{name:P(`withoutOutcome`),color:5,values:e.map(e=>Math.max(0,e.questions-Cf(e)))}],p=Sf(n.sources),m=e=>p.find(t=>t.key===e)?.share??0;return k(i,{children:[k(`dl`,{class:`tiles`,children:[k(Rf,{name:P(`questionsAsked`),value:I(n.questions),more:P(`repliesByPeople`,{count:I(n.replies)})}),k(Rf,{name:P(`resolved`),value:Bf(l,u),more:P(`resolvedMore`,{confirmed:I(n.confirmed),assumed:I(n.assumed),outcomes:I(u)})}),k(Rf,{name:P(`resolvedByReview`),...zf(e.reviews)}),k(Rf,{name:P(`reopened`),value:Bf(Number(n.reopened),c),more:P(`reopenedMore`,{n:I(n.reopened)})}),k(Rf,{name:P(`handedOver`),value:Bf(wf(n),Number(n.questions)),more:P(`handedOverMore`,{n:I(wf(n))})}),k(Rf,{name:P(`satisfaction`),value:Bf(Number(n.ratedUp),d),more:P(`satisfactionMore`,{count:I(d)})}),k(Rf,{name:P(`firstText`),value:n.firstText?.count?Qr(n.firstText.p50):`–`,more:n.firstText?.count?P(`percentiles`,{p95:Qr(n.firstText.p95),p99:Qr(n.firstText.p99)}):P(`notMeasured`)}),k(Rf,{name:P(`wholeAnswer`),value:n.total?.count?Qr(n.total.p50):`–`,more:n.total?.count?P(`percentiles`,{p95:Qr(n.total.p95),p99:Qr(n.total.p99)}):P(`notMeasured`)}),k(Rf,{name:P(`cachedOrCurated`),value:p.length>0?L(m(`ANSWER_SOURCE_CACHED`)+m(`ANSWER_SOURCE_CURATED`)):`–`,more:P(`cachedOrCuratedMore`,{cached:L(m(`ANSWER_SOURCE_CACHED`)),curated:L(m(`ANSWER_SOURCE_CURATED`))})})]}),k(`div`,{class:`charts`,children:[t>1?k(mf,{title:P(`outcomeByDay`),labels:o,series:f(r),stacked:!0}):null,k(mf,{title:P(`outcomeByHour`),labels:s,series:f(a),stacked:!0}),t>1?k(If,{span:e}):null,k(mf,{title:P(t>1?`ratingsByDay`:`ratingsByHour`),labels:t>1?o:s,series:[{name:P(`ratedUp`),color:1,values:(t>1?r:a).map(e=>e.ratedUp)},{name:P(`ratedDown`),color:4,values:(t>1?r:a).map(e=>e.ratedDown)}]})]}),k(`div`,{class:`columns numbers-shares`,children:[k(hf,{title:P(`byReason`),none:P(`none`),format:L,rows:Sf(n.handoffs).map(e=>({...e,label:Ji(e.key)}))}),k(hf,{title:P(`bySource`),none:P(`none`),format:L,rows:p.map(e=>({...e,label:Xi(e.key)}))}),k(hf,{title:P(`byLanguage`),none:P(`none`),format:L,rows:Sf(n.languages).map(e=>({...e,label:ei(e.key)}))}),k(Lf,{documents:e.documents})]})]})}function If({span:e}){let{services:t}=U(),n=R(async n=>{let r=Tf(e.from,e.to),i=[];for(let e=0;e<r.length;e+=6){let a=r.slice(e,e+6).map(async({key:e,start:r,end:i})=>{let{total:a}=await t.insight.getNumbers({startTime:zt(r),endTime:zt(i)},{signal:n});return{key:e,firstText:a?.firstText?.p95??0,total:a?.total?.p95??0}});i.push(...await Promise.all(a))}return i},[t,e]);return n.failure?k(K,{failure:n.failure,retry:n.reload}):n.value===null?k(J,{}):k(mf,{title:P(`timesByDay`),labels:n.value.map(e=>e.key.slice(5)),series:[{name:P(`firstText`),color:1,values:n.value.map(e=>e.firstText)},{name:P(`wholeAnswer`),color:2,values:n.value.map(e=>e.total)}],format:Qr})}function Lf({documents:e}){let t=Math.max(1,...e.map(e=>Number(e.citations))),n=e.map(e=>({label:e.title,count:Number(e.citations),share:Number(e.citations)/t,href:H(`knowledge`,V(e.document),`documents`,e.document.split(`/`)[3]??``)}));return k(hf,{title:P(`topDocuments`),none:P(`none`),format:()=>``,rows:n})}function Rf({name:e,value:t,more:n}){return k(`div`,{class:`tile`,children:[k(`dt`,{children:e}),k(`dd`,{class:`tile-value`,children:t}),k(`dd`,{class:`tile-more`,children:n})]})}function zf({resolved:e,judged:t}){return e===void 0?{value:`–`,more:P(`resolvedByReviewNone`)}:{value:L(e.share),more:P(`resolvedByReviewMore`,{low:L(e.low),high:L(e.high),n:I(t)})}}function Bf(e,t){return t===0?`–`:L(e/t)}var Vf=60,Hf=30,Uf=`kefu.desk.account.`,Wf=0;async function Gf(e,t){await(await Zf(e)).signinRedirect(t?{prompt:`login`}:{})}function Kf(e){return e.searchParams.has(`state`)&&(e.searchParams.has(`code`)||e.searchParams.has(`error`))}async function qf(e,t){let n=Kf(new URL(location.href)),r=await Zf(e);try{let e=n?await r.signinRedirectCallback():await r.getUser();return e===null?null:[Yf(r,e,`id_token`,t),Yf(r,e,`access_token`,t)]}finally{n&&history.replaceState(null,``,location.pathname)}}function Jf(){Wf+=1;for(let e of Object.keys(sessionStorage))e.startsWith(Uf)&&sessionStorage.removeItem(e)}function Yf(e,t,n,r){let i=t,a=null,o=!1,s=0;return{token:async()=>{let t=Math.min(i.expires_in??1/0,i.profile.exp-Date.now()/1e3);return i.refresh_token!==void 0&&(t<Vf||o)&&(a??=Xf(e,r).finally(()=>a=null),i=await a??i,[o,s]=[!1,Date.now()]),i[n]??``},refused:e=>{e===(i[n]??``)&&(i.refresh_token!==void 0&&Date.now()-s>Hf*1e3?o=!0:r())}}}async function Xf(e,t){let{ErrorResponse:n}=await Ze(async()=>{let{ErrorResponse:e}=await import(`./oidc-client-ts-D3NlfRf2.js`);return{ErrorResponse:e}},[]),r=Wf;try{let t=await e.signinSilent();return Wf!==r&&Jf(),t}catch(e){throw e instanceof n?(t(),new gi(401)):e}}async function Zf({issuer:e,client_id:t,scope:n}){let{UserManager:r,WebStorageStateStore:i}=await Ze(async()=>{let{UserManager:e,WebStorageStateStore:t}=await import(`./oidc-client-ts-D3NlfRf2.js`);return{UserManager:e,WebStorageStateStore:t}},[]);return new r({authority:e,client_id:t,redirect_uri:location.origin+location.pathname,scope:n,userStore:new i({prefix:Uf,store:sessionStorage}),stateStore:new i({store:sessionStorage}),automaticSilentRenew:!1})}function Qf(e){return e.titles[de.value]||Object.values(e.titles).find(e=>e!==``)||B(e.name)}function $f(e){return{"":P(`actionReads`),write:P(`actionWrites`),money:P(`actionMovesMoney`)}[e]??e}function ep(e){let t=e.call?.url??``,n=URL.canParse(t)?new URL(t).host:t,r=e.call?.tool??``;return r===``?n:`${n} (MCP: ${r})`}function tp(e){let{intents:t,examples:n}=e;return[...t.length>0?[P(`intentsAre`,{intents:_e(t)})]:[],...n.length>0?[P(`exampleCount`,{count:n.length})]:[]].join(`; `)||P(`byOthersOnly`)}var np=[`en`,`zh`];function rp({of:e,onClose:t}){let{me:n}=U();return k(M,{kind:`panel`,title:Qf(e),closeLabel:P(`close`),onClose:t,children:k(`div`,{class:`stack`,children:[k(`dl`,{class:`facts`,children:[k(`dt`,{children:P(`name`)}),k(`dd`,{class:`mono`,children:e.name}),k(`dt`,{children:P(`risk`)}),k(`dd`,{children:$f(e.change?.risk??``)}),k(`dt`,{children:P(`calls`)}),k(`dd`,{children:ep(e)}),k(`dt`,{children:P(`inputs`)}),k(`dd`,{children:_e(e.inputs.map(e=>e.from===``?e.name:P(`fromCustomer`,{name:e.name})))||`–`}),k(`dt`,{children:P(`askedBy`)}),k(`dd`,{children:tp(e)}),k(`dt`,{children:P(`revision`)}),k(`dd`,{children:String(e.revision)})]}),e.requiresCustomer||e.inputs.some(e=>e.from!==``)?k(`p`,{children:k(Y,{kind:`accent`,children:P(`signedInOnly`)})}):null,Q(n,`admin`)?k(ip,{of:e}):null,k(`details`,{children:[k(`summary`,{children:P(`asJson`)}),k(`pre`,{class:`json`,tabIndex:0,children:xn(eu,e,{prettySpaces:2,useProtoFieldName:!0})})]})]})})}function ip({of:e}){let{services:t}=U(),[r,i]=n(``),[a,o]=n(de.value),[s,c]=n({}),[l,u]=n(null),d=z(),f=e.inputs.filter(e=>e.from===``);return k(`form`,{class:`panel-card stack`,"aria-label":P(`tryAction`),onSubmit:n=>{n.preventDefault(),u(null),d.run(async()=>u(await t.actions.tryAction({name:e.name,customer:r.trim(),inputs:{...s},language:a})))},children:[k(`h3`,{children:P(`tryAction`)}),k(`p`,{class:`soft`,children:P(`tryActionMore`)}),k(X,{label:P(`customerSubject`),children:e=>k(`input`,{id:e,class:`field mono`,autocomplete:`off`,value:r,onInput:e=>i(e.currentTarget.value)})}),f.map(e=>k(X,{label:e.name,children:t=>k(`input`,{id:t,class:`field mono`,autocomplete:`off`,value:s[e.name]??``,onInput:t=>c({...s,[e.name]:t.currentTarget.value})})},e.name)),k(X,{label:P(`tryLanguage`),children:e=>k(`select`,{id:e,class:`field`,value:a,onChange:e=>o(e.currentTarget.value),children:np.map(e=>k(`option`,{value:e,children:ei(e)},e))})}),k(`div`,{children:k(`button`,{type:`submit`,class:`button primary`,disabled:d.busy,children:d.busy?P(`trying`):P(`tryAction`)})}),d.failure?.reason===`BACKEND_UNAVAILABLE`?k(G,{kind:`danger`,children:d.failure.message}):k(K,{failure:d.failure}),l?k(ap,{of:l}):null]})}function ap({of:e}){return k(`div`,{class:`stack`,role:`status`,children:[k(`p`,{children:[P(`tryStatus`),`: `,k(`strong`,{children:e.status})]}),e.warnings.map(e=>k(G,{kind:`warn`,children:e},e)),k(`div`,{children:[k(`p`,{class:`soft`,children:P(`tryAnswer`)}),k(`div`,{class:`example-reply`,dir:`auto`,children:e.answer===``?P(`sayNothing`):at(e.answer)})]}),k(`div`,{children:[k(`p`,{class:`soft`,children:P(`tryResult`)}),k(`pre`,{class:`json`,tabIndex:0,children:e.result||P(`sayNothing`)})]})]})}function op(){let{services:e}=U(),[t,r]=n(!1),[i,a]=n(null),[o,s]=n(``),c=z(),l=R(async t=>(await e.admin.listSecrets({},{signal:t})).secrets,[e]);return k(`section`,{class:`stack`,"aria-label":P(`secrets`),children:[k(`h2`,{children:P(`secrets`)}),k(`div`,{class:`toolbar`,children:[k(`p`,{class:`soft page-lead`,children:P(`secretsMore`)}),k(`button`,{type:`button`,class:`button`,onClick:()=>r(!0),children:[k(W,{name:`plus`}),` `,P(`addSecret`)]})]}),o===``?null:k(G,{kind:`good`,children:P(`secretStored`,{name:o})}),k(K,{failure:l.failure,retry:l.reload}),l.value===null&&l.failure===null?k(J,{}):null,l.value?.length===0?k(`p`,{class:`none`,children:P(`noSecrets`)}):null,k(`ul`,{class:`plain-list rows`,children:l.value?.map(e=>k(`li`,{children:[k(`span`,{class:`mono breakable`,children:B(e.name)}),k(`span`,{class:`soft`,children:F(e.updateTime)}),k(`button`,{type:`button`,class:`button small danger`,"aria-label":P(`deleteNamed`,{title:B(e.name)}),onClick:()=>a(e),children:P(`delete`)})]},e.name))}),t?k(sp,{onClose:()=>r(!1),onStored:e=>{r(!1),s(e),l.reload()}}):null,i?k(Z,{title:P(`deleteSecret`),action:P(`delete`),danger:!0,busy:c.busy,failure:c.failure,onClose:()=>{a(null),c.clear()},onConfirm:()=>c.run(async()=>{await e.admin.deleteSecret({name:i.name}),a(null),s(``),l.reload()}),children:k(`p`,{class:`breakable`,children:P(`deleteSecretMore`,{name:B(i.name)})})}):null]})}function sp({onClose:e,onStored:t}){let{services:r,me:i}=U(),[a,o]=n(``),[s,c]=n(``),l=z();return k(M,{kind:`box`,title:P(`addSecret`),closeLabel:P(`close`),onClose:e,children:k(`form`,{class:`stack`,autocomplete:`off`,onSubmit:e=>{e.preventDefault(),l.run(async()=>{await r.admin.putSecret({name:`tenants/${i.tenant}/secrets/${a}`,value:s}),t(a)})},children:[k(X,{label:P(`secretId`),hint:P(`secretIdHint`),children:(e,t)=>k(`input`,{id:e,class:`field mono`,required:!0,maxLength:63,pattern:`[a-z][a-z0-9\\-]{0,62}`,autocomplete:`off`,value:a,"aria-describedby":t,onInput:e=>o(e.currentTarget.value)})}),k(X,{label:P(`secretValue`),hint:P(`secretValueHint`),children:(e,t)=>k(`input`,{id:e,class:`field mono`,type:`password`,required:!0,autocomplete:`new-password`,value:s,"aria-describedby":t,onInput:e=>c(e.currentTarget.value)})}),k(K,{failure:l.failure}),k(`div`,{class:`dialog-actions`,children:[k(`button`,{type:`button`,class:`button`,onClick:e,children:P(`cancel`)}),k(`button`,{type:`submit`,class:`button primary`,disabled:l.busy,children:l.busy?P(`saving`):P(`save`)})]})]})})}function cp(){let{services:e,me:t}=U(),[r,a]=n(null),o=R(async t=>(await e.actions.listActions({},{signal:t})).actions,[e]);return k(i,{children:[k(`p`,{class:`soft page-lead`,children:P(`actionsMore`)}),k(K,{failure:o.failure,retry:o.reload}),o.value===null&&o.failure===null?k(J,{}):null,o.value?.length===0?k(q,{icon:`act`,title:P(`noActions`),children:P(`noActionsMore`)}):null,o.value!==null&&o.value.length>0?k(`div`,{class:`table-frame`,tabIndex:0,role:`region`,"aria-label":P(`actions`),children:k(`table`,{class:`table`,children:[k(`thead`,{children:k(`tr`,{children:[k(`th`,{scope:`col`,children:P(`action`)}),k(`th`,{scope:`col`,children:P(`risk`)}),k(`th`,{scope:`col`,children:P(`calls`)}),k(`th`,{scope:`col`,children:P(`inputs`)}),k(`th`,{scope:`col`,children:P(`askedBy`)}),k(`th`,{scope:`col`,class:`figure`,children:P(`revision`)})]})}),k(`tbody`,{children:o.value.map(e=>k(lp,{of:e,onOpen:()=>a(e)},e.name))})]})}):null,Q(t,`admin`)?k(op,{}):null,r?k(rp,{of:r,onClose:()=>a(null)}):null]})}function lp({of:e,onOpen:t}){let n=e.change?.risk??``;return k(`tr`,{children:[k(`th`,{scope:`row`,class:`action-name`,children:[k(`button`,{type:`button`,class:`button small breakable`,onClick:t,children:Qf(e)}),k(`span`,{class:`path`,children:B(e.name)})]}),k(`td`,{children:k(Y,{kind:n===``?`plain`:n===`money`?`danger`:`warn`,children:$f(n)})}),k(`td`,{class:`wrapping`,children:ep(e)}),k(`td`,{class:`wrapping`,children:_e(e.inputs.map(e=>e.name))||`–`}),k(`td`,{class:`wrapping`,children:tp(e)}),k(`td`,{class:`figure`,children:I(e.revision)})]})}var up=`kefu.desk.procedure.`;function dp(e,t){return`${up}${e}.${t}`}function fp(e,t){let n=sessionStorage.getItem(dp(e,t));if(n===null)return null;let r=n.indexOf(`
`);return{revision:BigInt(n.slice(0,r)),page:n.slice(r+1)}}function pp(e,t,n){sessionStorage.setItem(dp(e,t),`${n.revision}\n${n.page}`)}function mp(e,t){sessionStorage.removeItem(dp(e,t))}function hp(e){let t=dp(e,``);return Object.keys(sessionStorage).filter(e=>e.startsWith(t)).map(e=>e.slice(t.length)).sort()}var gp=`# Title of this procedure

Say here for your colleagues what it is about; customers read the title alone.

## When

- \`NAME-OF-AN-ACTION\`

## Steps

1. Do \`NAME-OF-AN-ACTION\`.

## Never

## Notes

- Put the name of an action in place of NAME-OF-AN-ACTION; the page "Actions" lists them. Change the title.
- Under When there are actions, or messages of customers: "I want to cancel my order".
- Steps begin with Ask for, Look up, If, Otherwise, Say, Do, Hand over or End. What stands below an If is indented.
- A text may stand in both languages: Say "It is on its way." / "正在配送中。"
`,_p=`# 流程的标题

在这里向同事说明这个流程的用途；客户只会看到标题。

## 何时

- \`NAME-OF-AN-ACTION\`

## 步骤

1. 办理 \`NAME-OF-AN-ACTION\`。

## 禁止

## 说明

- 把 NAME-OF-AN-ACTION 换成操作的名称，“操作”页列出了全部操作；标题也请改写。
- “何时”里写操作，或客户会说的话："我要取消订单"。
- 步骤以询问、查询、如果、否则、回复、办理、转人工或结束开头。“如果”之下的步骤要缩进。
- 一段话可以写两种语言：回复 "It is on its way." / "正在配送中。"
`,vp=`NAME-OF-AN-ACTION`;function yp(e){let t=de.value===`zh`?_p:gp;return e===``?t:t.replaceAll(`\`${vp}\``,`\`${e}\``)}function bp(){let{services:e,me:t}=U(),[r,a]=n(!1),o=R(async t=>(await e.procedures.listProcedures({},{signal:t})).procedures,[e]),s=o.value??[],c=s.map(e=>B(e.name)),l=hp(t.tenant),u=o.value===null?[]:l.filter(e=>!c.includes(e));return k(i,{children:[k(`div`,{class:`toolbar`,children:[k(`p`,{class:`soft page-lead`,children:P(`proceduresMore`)}),o.value===null?null:k(`button`,{type:`button`,class:`button primary`,onClick:()=>a(!0),children:[k(W,{name:`plus`}),` `,P(`newProcedure`)]})]}),k(K,{failure:o.failure,retry:o.reload}),o.value===null&&o.failure===null?k(J,{}):null,o.value!==null&&c.length+u.length===0?k(q,{icon:`flow`,title:P(`noProcedures`),children:P(`noProceduresMore`)}):null,c.length+u.length>0?k(`div`,{class:`table-frame`,tabIndex:0,role:`region`,"aria-label":P(`procedures`),children:k(`table`,{class:`table`,children:[k(`thead`,{children:k(`tr`,{children:[k(`th`,{scope:`col`,children:P(`procedure`)}),k(`th`,{scope:`col`,children:P(`stateOf`)}),k(`th`,{scope:`col`,class:`figure`,children:P(`revision`)}),k(`th`,{scope:`col`,children:P(`changed`)})]})}),k(`tbody`,{children:[u.map(e=>k(`tr`,{children:[k(xp,{id:e,title:e}),k(`td`,{children:k(Y,{kind:`warn`,children:P(`notStored`)})}),k(`td`,{class:`figure`,children:`–`}),k(`td`,{children:`–`})]},e)),s.map(e=>k(`tr`,{children:[k(xp,{id:B(e.name),title:Qf(e)}),k(`td`,{children:k(Sp,{of:e,unsaved:l.includes(B(e.name))})}),k(`td`,{class:`figure`,children:I(e.revision)}),k(`td`,{children:F(e.updateTime)})]},e.name))]})]})}):null,r?k(Cp,{taken:[...c,...u],onClose:()=>a(!1)}):null]})}function xp({id:e,title:t}){return k(`th`,{scope:`row`,children:[k(`a`,{class:`breakable`,dir:`auto`,href:H(`procedures`,`pages`,e),children:t}),k(`span`,{class:`path`,children:e})]})}function Sp({of:e,unsaved:t}){let n=e.findings.filter(e=>e.isError).length,r=e.findings.length-n;return k(`span`,{class:`badges`,children:[n>0?k(Y,{kind:`danger`,children:P(`errorCount`,{count:n})}):null,r>0?k(Y,{kind:`warn`,children:P(`warningCount`,{count:r})}):null,n+r===0?k(Y,{kind:`good`,children:P(`inForce`)}):null,t?k(Y,{kind:`accent`,children:P(`unsaved`)}):null]})}function Cp({taken:e,onClose:t}){let{services:r,me:i}=U(),[a,o]=n(``),[s,c]=n(``),[l,u]=n(!1),d=R(async e=>(await r.actions.listActions({},{signal:e})).actions,[r]),f=(d.value??[]).filter(e=>e.change!==void 0),p=()=>{e.includes(a)?u(!0):(pp(i.tenant,a,{page:yp(s),revision:0n}),li(`procedures`,`pages`,a))};return k(M,{kind:`box`,title:P(`newProcedure`),closeLabel:P(`close`),onClose:t,children:k(`form`,{class:`stack`,onSubmit:e=>{e.preventDefault(),p()},children:[k(X,{label:P(`procedureName`),hint:P(`procedureNameHint`),error:l?P(`procedureExists`):void 0,children:(e,t,n)=>k(`input`,{id:e,class:`field mono`,required:!0,maxLength:63,pattern:`[a-z][a-z0-9\\-]{0,62}`,value:a,"aria-invalid":n,"aria-describedby":t,onInput:e=>{o(e.currentTarget.value),u(!1)}})}),k(X,{label:P(`mainAction`),hint:P(`mainActionHint`,{placeholder:vp}),children:(e,t)=>k(`select`,{id:e,class:`field`,value:s,"aria-describedby":t,onChange:e=>c(e.currentTarget.value),children:[k(`option`,{value:``,children:P(`actionLater`)}),f.map(e=>k(`option`,{value:B(e.name),children:Qf(e)},e.name))]})}),k(K,{failure:d.failure,retry:d.reload}),k(`div`,{class:`dialog-actions`,children:[k(`button`,{type:`button`,class:`button`,onClick:t,children:P(`cancel`)}),k(`button`,{type:`submit`,class:`button primary`,children:P(`create`)})]})]})})}var wp=350,Tp={page:null,findings:[],flow:[],failure:null};function Ep(e){let{services:t}=U(),[r,i]=n(Tp);return w(()=>{let n=new AbortController,a=async()=>{let r=await t.procedures.checkProcedure({page:e},{signal:n.signal}).then(({findings:t,flow:n})=>({page:e,findings:t,flow:n,failure:null}),e=>({failure:le(e)}));n.signal.aborted||i(e=>({...e,...r}))},o=setTimeout(()=>void a(),r===Tp?0:wp);return()=>{clearTimeout(o),n.abort()}},[t,e]),r}function Dp(e){if(e.length===0)return P(`noFindings`);let t=e.filter(e=>e.isError).length;return P(`findingsAre`,{errors:P(`errorCount`,{count:t}),warnings:P(`warningCount`,{count:e.length-t})})}function Op({findings:e,onLine:t}){return k(`ul`,{class:`findings`,children:e.map((e,n)=>k(`li`,{children:k(`button`,{type:`button`,class:e.isError?`finding is-error`:`finding`,onClick:()=>t(e.line),children:[k(Ye,{name:e.isError?`close`:`alert`}),k(`span`,{children:[k(`strong`,{children:e.isError?P(`lineError`,{n:e.line}):P(`lineWarning`,{n:e.line})}),` `,k(`span`,{lang:`en`,children:e.text})]})]})},n))})}function kp(e){let t=[],n=[];for(let r of e){for(;(n.at(-1)?.depth??-1)>=r.depth;)n.pop();let e=[];(n.at(-1)?.below??t).push({step:r,below:e}),n.push({depth:r.depth,below:e})}return t}var Ap={[_u.UNSPECIFIED]:`file`,[_u.ASK]:`question`,[_u.LOOK_UP]:`search`,[_u.IF]:`branch`,[_u.OTHERWISE]:`otherwise`,[_u.SAY]:`say`,[_u.DO]:`act`,[_u.HAND_OVER]:`person`,[_u.END]:`end`};function jp(e){switch(e){case _u.ASK:return P(`kindAsk`);case _u.LOOK_UP:return P(`kindLookUp`);case _u.IF:return P(`kindIf`);case _u.OTHERWISE:return P(`kindOtherwise`);case _u.SAY:return P(`kindSay`);case _u.DO:return P(`kindDo`);case _u.HAND_OVER:return P(`kindHandOver`);case _u.END:return P(`kindEnd`);default:return P(`kindUnknown`)}}function Mp({steps:e,onLine:t}){return k(`ol`,{class:`flow`,children:e.map(({step:e,below:n},r)=>k(`li`,{children:[k(`div`,{class:`flow-step kind-${e.kind}`,children:[k(`span`,{class:`flow-kind`,children:[k(W,{name:Ap[e.kind]??`file`}),` `,jp(e.kind)]}),k(`button`,{type:`button`,class:`flow-line`,"aria-label":P(`goToLine`,{n:e.line}),onClick:()=>t(e.line),children:e.line}),e.text===``?null:k(`p`,{class:`flow-text`,dir:`auto`,children:e.text})]}),n.length>0?k(Mp,{steps:n,onLine:t}):null]},r))})}function Np(e){return e.split(`
`).length}function Pp(e,t){return Np(e.slice(0,t))}function Fp(e,t){let n=0;for(let r=1;r<t;r+=1){let t=e.indexOf(`
`,n);if(t<0)return[e.length,e.length];n=t+1}let r=e.indexOf(`
`,n);return[n,r<0?e.length:r]}function Ip({open:e,dirty:t}){let{services:r}=U(),{stored:a,text:s,base:c}=e,l=T(null),[u,d]=n(1),[f,p]=n(null),[m,h]=n(null),g=z(),_=Ep(s),y=_.page===s,b=v(()=>kp(_.flow),[_.flow]),ee=g.failure?.reason===`STALE_REVISION`,x=t=>{p(null),e.write(t)},S=e=>{let t=l.current;if(t===null)return;let[n,r]=Fp(t.value,e);t.focus(),t.setSelectionRange(n,r),t.scrollTop=t.scrollHeight*(e-1)/Np(t.value)-t.clientHeight/3,t.scrollIntoView({block:`nearest`}),d(e)},te=()=>{let t=y?_.findings.find(e=>e.isError):void 0;t===void 0?(p(null),g.run(async()=>{let{procedure:t}=await r.procedures.putProcedure({procedure:{name:a.name,page:s},revision:c});t!==void 0&&e.settle(t),p(`saved`)})):(p(`mend`),S(t.line))};return k(i,{children:[k(`div`,{class:`procedure-columns`,children:[k(Lp,{field:l,text:s,line:u,onLine:d,onWrite:x,onSave:te}),k(`div`,{class:`stack`,children:[k(`section`,{class:`panel-card`,"aria-label":P(`findings`),children:[k(`h2`,{children:P(`findings`)}),k(`p`,{class:`soft`,children:[k(`span`,{role:`status`,children:_.page===null?``:Dp(_.findings)}),` `,k(`span`,{"aria-hidden":`true`,children:y||_.failure!==null?``:P(`checking`)})]}),k(K,{failure:_.failure}),k(Op,{findings:_.findings,onLine:S})]}),k(`section`,{class:`panel-card`,"aria-label":P(`flow`),children:[k(`h2`,{children:P(`flow`)}),k(`p`,{class:`soft`,children:b.length===0?P(`noSteps`):P(`flowMore`)}),k(Mp,{steps:b,onLine:S})]})]})]}),k(K,{failure:ee?null:g.failure}),ee?k(G,{kind:`danger`,children:[P(`procedureStale`),` `,k(`button`,{type:`button`,class:`button small`,onClick:()=>{g.run(async()=>{try{let{procedure:e}=await r.procedures.getProcedure({name:a.name});e!==void 0&&h(e)}catch(t){if(le(t).reason!==`PROCEDURE_NOT_FOUND`)throw t;e.settle(o(gu,{name:a.name})),p(`gone`)}})},children:P(`compareStale`)})]}):null,f===`mend`?k(G,{kind:`danger`,children:P(`mendFirst`)}):null,f===`gone`?k(G,{kind:`warn`,children:P(`procedureGone`)}):null,f===`saved`?k(G,{kind:`good`,children:P(`procedureSaved`,{n:String(a.revision)})}):null,k(`div`,{class:`row save-bar`,children:[k(`button`,{type:`button`,class:`button primary`,disabled:g.busy||!t,onClick:te,children:g.busy?P(`saving`):P(`save`)}),t&&a.revision!==0n?k(`button`,{type:`button`,class:`button`,onClick:()=>h(`discard`),children:P(`discard`)}):null,k(`p`,{role:`status`,children:a.revision===0n?k(Y,{kind:`warn`,children:P(`notStored`)}):t?k(Y,{kind:`accent`,children:P(`unsaved`)}):k(`span`,{class:`soft`,children:P(`revisionIs`,{n:String(a.revision)})})})]}),m===`discard`?k(Z,{title:P(`discard`),action:P(`discard`),danger:!0,onClose:()=>h(null),onConfirm:()=>{e.settle(a,a.page),h(null),g.clear()},children:k(`p`,{children:P(`discardMore`,{n:String(a.revision)})})}):null,m!==null&&m!==`discard`?k(Rp,{now:m,text:s,onClose:()=>h(null),onDecide:t=>{e.settle(m,t),h(null),g.clear()}}):null]})}function Lp({field:e,text:t,line:n,onLine:r,onWrite:i,onSave:a}){let o=re(),s=()=>{e.current&&r(Pp(e.current.value,e.current.selectionStart))};return k(`div`,{class:`labelled procedure-text`,children:[k(`label`,{for:o,children:P(`page`)}),k(`textarea`,{id:o,ref:e,class:`field mono`,dir:`auto`,spellcheck:!1,value:t,"aria-describedby":`${o}-hint`,onInput:e=>i(e.currentTarget.value),onSelect:s,onKeyUp:s,onClick:s,onKeyDown:e=>{(e.ctrlKey||e.metaKey)&&e.key.toLowerCase()===`s`&&(e.preventDefault(),a())}}),k(`p`,{class:`hint procedure-hint`,id:`${o}-hint`,children:[k(`span`,{children:P(`pageHint`)}),` `,k(`span`,{class:`nowrap`,children:P(`cursorLine`,{n,lines:Np(t)})})]})]})}function Rp({now:e,text:t,onClose:n,onDecide:r}){return k(M,{kind:`panel`,title:P(`compareStaleTitle`),closeLabel:P(`close`),onClose:n,children:[k(`div`,{class:`stack`,children:[k(`p`,{children:P(`compareStaleMore`)}),k(Ll,{before:e.page,after:t,caption:P(`compareStaleTitle`)})]}),k(`div`,{class:`dialog-actions`,children:[k(`button`,{type:`button`,class:`button`,onClick:()=>r(e.page),children:P(`takeStored`)}),k(`button`,{type:`button`,class:`button primary`,onClick:()=>r(t),children:P(`keepMine`)})]})]})}function zp({open:e,dirty:t}){let{services:r}=U(),{stored:a}=e,[o,s]=n(null),[c,l]=n(null),[u,d]=n(``),f=z(),p=a.revision===0n,m=R(async e=>p?[]:(await r.procedures.listProcedureRevisions({name:a.name},{signal:e})).procedures,[r,a.name,a.revision]),h=m.value??[],g=o??Bp(h),_=()=>{l(null),f.clear()},v=t=>{f.run(async()=>{let{procedure:n}=await r.procedures.putProcedure({procedure:{name:a.name,page:t.page},revision:a.revision});n!==void 0&&(e.settle(n,n.page),d(String(n.revision)),s(null),l(null))})};return k(i,{children:[k(K,{failure:m.failure,retry:m.reload}),u===``?null:k(G,{kind:`good`,children:P(`restored`,{n:u})}),m.value===null&&m.failure===null?k(J,{}):null,m.value?.length===0?k(q,{icon:`clock`,title:P(`noRevisions`)}):null,h.length>0?k(i,{children:[k(`p`,{class:`soft`,children:P(`revisionsMore`)}),k(Vp,{revisions:h,onCompare:s,onRestore:l})]}):null,g===null?null:k(Hp,{revisions:h,pair:g,onChange:s}),c?k(Z,{title:P(`restoreTitle`,{n:String(c.revision)}),action:P(`restore`),busy:f.busy,failure:f.failure,onClose:_,onConfirm:()=>v(c),children:[k(`p`,{children:P(`restoreMore`)}),t?k(G,{kind:`warn`,children:P(`restoreUnsaved`)}):null]}):null]})}function Bp([e,t]){return e&&t?{from:String(t.revision),to:String(e.revision)}:null}function Vp({revisions:e,onCompare:t,onRestore:n}){let{me:r}=U();return k(`div`,{class:`table-frame`,tabIndex:0,role:`region`,"aria-label":P(`revisions`),children:k(`table`,{class:`table`,children:[k(`thead`,{children:k(`tr`,{children:[k(`th`,{scope:`col`,children:P(`revision`)}),k(`th`,{scope:`col`,children:P(`changed`)}),k(`td`,{})]})}),k(`tbody`,{children:e.map((i,a)=>{let o=String(i.revision),s=e[a+1];return k(`tr`,{children:[k(`th`,{scope:`row`,class:`revision-number`,children:[o,` `,a===0?k(Y,{kind:`good`,children:P(`current`)}):null]}),k(`td`,{children:[F(i.updateTime),k(`span`,{class:`path`,children:i.author.replace(`tenants/${r.tenant}/`,``)})]}),k(`td`,{class:`row-actions`,children:[s?k(`button`,{type:`button`,class:`button small`,"aria-label":P(`whatChangedIn`,{n:o}),onClick:()=>t({from:String(s.revision),to:o}),children:P(`whatChanged`)}):null,a>0?k(`button`,{type:`button`,class:`button small`,"aria-label":P(`restoreNamed`,{n:o}),onClick:()=>n(i),children:[k(W,{name:`redo`}),` `,P(`restore`)]}):null]})]},o)})})]})})}function Hp({revisions:e,pair:t,onChange:n}){let r=t=>e.find(e=>String(e.revision)===t)?.page??``,i=(t,r,i)=>k(X,{label:t,children:t=>k(`select`,{id:t,class:`field`,value:r,onChange:e=>n(i(e.currentTarget.value)),children:e.map(e=>k(`option`,{value:String(e.revision),children:`${e.revision} · ${F(e.updateTime)}`},String(e.revision)))})});return k(`section`,{class:`stack`,"aria-label":P(`difference`),children:[k(`h2`,{children:P(`difference`)}),k(`div`,{class:`row`,children:[i(P(`fromRevision`),t.from,e=>({...t,from:e})),i(P(`toRevision`),t.to,e=>({...t,to:e}))]}),k(Ll,{before:r(t.from),after:r(t.to),caption:P(`differenceBetween`,t)})]})}function Up({page:e}){let{services:t}=U(),[r,a]=n(null),o=z();return k(i,{children:[k(`div`,{class:`toolbar`,children:[k(`p`,{class:`soft page-lead`,children:P(`simulationMore`)}),k(`button`,{type:`button`,class:`button primary`,disabled:o.busy,onClick:()=>{o.run(async()=>{a({page:e,response:await t.procedures.simulateProcedure({page:e,language:de.value})})})},children:[k(W,{name:`say`}),` `,P(`simulate`)]})]}),k(K,{failure:o.failure}),o.busy?k(J,{label:P(`simulating`)}):null,r!==null&&!o.busy?k(Wp,{of:r}):null]})}function Wp({of:{page:e,response:t}}){let{conversations:n,wrong:r,unreached:a}=t,o=P(`simulated`,{count:n.length}),s=e.split(`
`),c=[...n.filter(e=>e.problems.length>0),...n.filter(e=>e.problems.length===0)];return k(i,{children:[k(G,{kind:r>0?`warn`:`good`,children:r>0?P(`simulatedWrong`,{conversations:o,wrong:I(r)}):P(`simulatedGood`,{conversations:o})}),k(`section`,{class:`stack`,"aria-label":P(`unreached`),children:[k(`h2`,{children:P(`unreached`)}),a.length===0?k(`p`,{class:`soft`,children:P(`allReached`)}):null,k(`ul`,{class:`plain-list`,children:a.map(e=>k(`li`,{class:`breakable`,children:[k(`strong`,{children:P(`lineIs`,{n:e})}),` `,k(`span`,{dir:`auto`,children:s[e-1]?.trim()??``})]},e))})]}),k(`section`,{class:`stack`,"aria-label":P(`conversations`),children:[k(`h2`,{children:P(`conversations`)}),k(`ul`,{class:`cards`,children:c.map((e,t)=>k(`li`,{class:`card`,children:k(Gp,{of:e})},t))})]})]})}function Gp({of:e}){let t=e.problems.length>0,n=Object.entries(e.situation).sort();return k(`details`,{open:t,children:[k(`summary`,{class:`simulated-head`,children:[k(`span`,{class:`mono breakable`,children:e.customer}),` `,k(Y,{kind:t?`danger`:`good`,children:P(t?`wentWrong`:`wentWell`)}),` `,k(`span`,{class:`soft breakable`,children:n.map(([e,t])=>`${e}: ${t}`).join(` · `)})]}),k(`ul`,{class:`problems`,children:e.problems.map(e=>k(`li`,{lang:`en`,children:[k(Ye,{name:`alert`}),` `,e]},e))}),k(`ol`,{class:`messages`,children:e.messages.map((e,t)=>k(`li`,{class:`message from-${e.isCustomer?`customer`:`kefu`}`,children:k(Kp,{message:e})},t))}),k(`dl`,{class:`facts`,children:[k(`dt`,{children:P(`outcome`)}),k(`dd`,{children:qp(e.outcome)}),e.changes.length>0?k(i,{children:[k(`dt`,{children:P(`changesMade`)}),k(`dd`,{class:`mono`,children:_e(e.changes)})]}):null]})]})}function Kp({message:e}){return k(i,{children:[k(`p`,{class:`message-head`,children:e.isCustomer?P(`customer`):P(`kefu`)}),k(`div`,{class:e.isCustomer?`message-text`:``,dir:`auto`,children:e.isCustomer?e.text:at(e.text)}),e.choices.length>0?k(`p`,{class:`badges`,children:[k(`span`,{class:`soft`,children:[P(`offered`),`:`]}),e.choices.map(e=>k(Y,{children:e},e))]}):null]})}function qp(e){return{changed:P(`outcomeChanged`),answered:P(`outcomeAnswered`),person:P(`outcomePerson`),asked:P(`outcomeAsked`)}[e]??e}var Jp=[`page`,`revisions`,`simulation`];function Yp({id:e,part:t}){let{services:n,me:r}=U(),a=`procedures/${e}`,s=R(async t=>{try{let{procedure:e}=await n.procedures.getProcedure({name:a},{signal:t});return e??o(gu,{name:a})}catch(t){if(le(t).reason===`PROCEDURE_NOT_FOUND`&&fp(r.tenant,e)!==null)return o(gu,{name:a});throw t}},[n,e]);return k(`div`,{class:`page`,children:[k(`p`,{children:k(`a`,{class:`button quiet small`,href:H(`procedures`,`pages`),children:[k(W,{name:`back`}),` `,P(`backToProcedures`)]})}),s.value===null?k(i,{children:[k(Di,{title:e}),s.failure===null?k(J,{}):k(K,{failure:s.failure,retry:s.reload})]}):k(Xp,{id:e,read:s.value,part:t})]})}function Xp({id:e,read:t,part:r}){let{me:a}=U(),[o,s]=n(t),[c,l]=n(()=>fp(a.tenant,e)??{page:t.page,revision:t.revision}),[u,d]=n(!1),f=T(c),p=o.revision===0n||c.page!==o.page,m=(t,n)=>{f.current=t,l(t),n.revision!==0n&&t.page===n.page?mp(a.tenant,e):pp(a.tenant,e,t)},h={stored:o,text:c.page,base:c.revision,write:e=>m({...f.current,page:e},o),settle:(e,t)=>{s(e),m({page:t??f.current.page,revision:e.revision},e)}};w(()=>{if(!p)return;let e=e=>e.preventDefault();return addEventListener(`beforeunload`,e),()=>removeEventListener(`beforeunload`,e)},[p]);let g=Jp.find(e=>e===r)??`page`,_={page:P(`page`),revisions:P(`revisions`),simulation:P(`simulation`)};return k(i,{children:[k(Di,{title:Qf(o),children:[k(`span`,{class:`soft mono breakable`,children:e}),k(`button`,{type:`button`,class:`button danger`,onClick:()=>d(!0),children:P(`delete`)})]}),k(Ei,{label:P(`procedure`),items:Jp.map(t=>({href:H(`procedures`,`pages`,e,t),label:_[t],current:t===g}))}),g===`page`?k(Ip,{open:h,dirty:p}):null,g===`revisions`?k(zp,{open:h,dirty:p}):null,g===`simulation`?k(Up,{page:c.page}):null,u?k(Zp,{id:e,stored:o,onClose:()=>d(!1)}):null]})}function Zp({id:e,stored:t,onClose:n}){let{services:r,me:i}=U(),a=z();return k(Z,{title:P(`deleteProcedure`),action:P(`delete`),danger:!0,busy:a.busy,failure:a.failure,onClose:n,onConfirm:()=>a.run(async()=>{t.revision!==0n&&await r.procedures.deleteProcedure({name:t.name}),mp(i.tenant,e),li(`procedures`,`pages`)}),children:k(`p`,{class:`breakable`,dir:`auto`,children:t.revision===0n?P(`discardNew`):P(`deleteProcedureMore`,{title:Qf(t)})})})}var Qp=[`pages`,`actions`];function $p(){let[e=``,t=``,n=``]=ii.value.rest,r=Qp.find(t=>t===e)??`pages`,i=T(`${r}/${t}`);if(w(()=>{let e=i.current!==`${r}/${t}`;i.current=`${r}/${t}`,e&&document.activeElement===document.body&&document.getElementById(`main`)?.focus()},[r,t]),r===`pages`&&t!==``)return k(Yp,{id:t,part:n},t);let a={pages:P(`procedures`),actions:P(`actions`)};return k(`div`,{class:`page`,children:[k(Di,{title:a[r]}),k(Ei,{label:P(`procedures`),items:Qp.map(e=>({href:H(`procedures`,e),label:a[e],current:e===r}))}),k(r===`pages`?bp:cp,{})]})}function em(){let e=de.value===`zh`?`en`:`zh`;return k(`button`,{type:`button`,class:`button quiet small`,lang:e===`zh`?`zh-CN`:`en`,onClick:()=>xe(e),children:[k(Ye,{name:`globe`}),` `,e===`zh`?`中文`:`English`]})}var tm={auto:`light`,light:`dark`,dark:`auto`};function nm(){let e={auto:P(`themeAuto`),light:P(`themeLight`),dark:P(`themeDark`)};return k(`button`,{type:`button`,class:`button quiet small`,onClick:()=>xi(tm[bi.value]),children:[k(W,{name:`moon`}),` `,k(`span`,{class:`unseen`,children:[P(`theme`),`: `]}),e[bi.value]]})}var rm=100;async function im(e,t,n,r){let{days:i,actor:a,action:o,failed:s}=t,c=i>0?{startTime:Vt(Date.now()-i*864e5)}:{},l=n;do{let t={...c,actor:a,action:o,failed:s,pageSize:rm,pageToken:l},n=await e.audit.listAuditEntries(t,r?{signal:r}:{});if(n.entries.length>0)return{entries:n.entries,next:n.nextPageToken};l=n.nextPageToken}while(l!==``);return{entries:[],next:``}}async function am(e,t){let n=[],r=``;do{let i=await im(e,t,r);n.push(...i.entries.map(e=>`${e.json}\n`)),r=i.next}while(r!==``);return n.join(``)}var om=[1,7,30,90,0];function sm(){let{services:e}=U(),[t,r]=n({days:30,actor:``,action:``,failed:!1}),[a,o]=n({entries:[],next:``}),[s,c]=n(null),l=z(),u=R(n=>im(e,t,``,n),[e,t]);w(()=>{o({entries:[],next:u.value?.next??``})},[u.value]);let d=[...u.value?.entries??[],...a.entries],f=async()=>{let n=await im(e,t,a.next);o(e=>({entries:[...e.entries,...n.entries],next:n.next}))};return k(i,{children:[k(`div`,{class:`toolbar`,children:[k(`p`,{class:`soft`,children:P(`auditMore`)}),k(`button`,{type:`button`,class:`button`,disabled:l.busy,onClick:()=>l.run(async()=>c(await e.audit.verifyAudit({}))),children:P(`auditVerify`)}),k(`button`,{type:`button`,class:`button`,disabled:l.busy,onClick:()=>l.run(async()=>{sf(`kefu-audit-${new Date().toISOString().slice(0,10)}.jsonl`,await am(e,t),`application/x-ndjson`)}),children:[k(W,{name:`download`}),` `,P(`auditDownload`)]})]}),k(cm,{filter:t,onChange:r}),k(K,{failure:u.failure??l.failure,retry:u.reload}),s?k(dm,{of:s}):null,u.value===null&&u.failure===null?k(J,{}):null,u.value!==null&&d.length===0?k(q,{icon:`search`,title:P(`auditNothing`)}):null,d.length>0?k(lm,{entries:d}):null,a.next===``?null:k(`button`,{type:`button`,class:`button`,disabled:l.busy,onClick:()=>l.run(f),children:P(`auditEarlier`)})]})}function cm({filter:e,onChange:t}){let[r,i]=n(e.actor),[a,o]=n(e.action);return k(`form`,{class:`row`,onSubmit:n=>{n.preventDefault(),t({...e,actor:r.trim(),action:a.trim()})},children:[k(X,{label:P(`span`),children:n=>k(`select`,{id:n,class:`field`,value:e.days,onChange:n=>t({...e,days:Number(n.currentTarget.value)}),children:om.map(e=>k(`option`,{value:e,children:e===0?P(`allKept`):P(`lastDays`,{count:e})},e))})}),k(X,{label:P(`auditWho`),children:e=>k(`input`,{id:e,class:`field`,value:r,onInput:e=>i(e.currentTarget.value)})}),k(X,{label:P(`auditWhat`),children:e=>k(`input`,{id:e,class:`field`,placeholder:`key.create`,value:a,onInput:e=>o(e.currentTarget.value)})}),k(`label`,{class:`check`,children:[k(`input`,{type:`checkbox`,checked:e.failed,onChange:n=>t({...e,failed:n.currentTarget.checked})}),` `,P(`auditFailed`)]}),k(`button`,{type:`submit`,class:`button`,children:[k(W,{name:`search`}),` `,P(`search`)]})]})}function lm({entries:e}){return k(`div`,{class:`table-frame`,tabIndex:0,role:`region`,"aria-label":P(`auditLog`),children:k(`table`,{class:`table`,children:[k(`thead`,{children:k(`tr`,{children:[k(`th`,{scope:`col`,children:P(`time`)}),k(`th`,{scope:`col`,children:P(`auditWho`)}),k(`th`,{scope:`col`,children:P(`auditWhat`)}),k(`th`,{scope:`col`,children:P(`auditOutcome`)}),k(`th`,{scope:`col`,children:P(`auditTarget`)}),k(`th`,{scope:`col`,children:P(`auditFrom`)})]})}),k(`tbody`,{children:e.map(e=>k(um,{entry:e},e.hash))})]})})}function um({entry:e}){let{me:t}=U();if(e.sequence===0n)return k(`tr`,{children:k(`td`,{colSpan:6,children:[k(Y,{kind:`danger`,children:P(`auditUnreadable`)}),` `,k(`span`,{class:`path`,children:e.json})]})});let n=e=>e.replace(`tenants/${t.tenant}/`,``),r=Object.entries(e.details).sort();return k(`tr`,{children:[k(`td`,{children:e.time?new Intl.DateTimeFormat(ce(),{dateStyle:`medium`,timeStyle:`medium`,hour12:!1}).format(Bt(e.time)):``}),k(`th`,{scope:`row`,children:[e.actorName||n(e.actor),e.actorName?k(`span`,{class:`path`,children:n(e.actor)}):null]}),k(`td`,{class:`mono`,children:e.action}),k(`td`,{children:e.outcome===`OK`?`OK`:k(Y,{kind:`warn`,children:e.outcome})}),k(`td`,{children:[k(`span`,{class:`breakable`,children:n(e.target)}),r.length>0?k(`span`,{class:`path`,children:r.map(([e,t])=>`${e}: ${t}`).join(` · `)}):null]}),k(`td`,{children:e.addressFrom===`peer`?P(`auditPeer`,{address:e.address}):e.address||`–`})]})}function dm({of:e}){return e.brokenSequence>0n?k(G,{kind:`danger`,children:P(`auditBroken`,{n:I(e.brokenSequence),problem:e.problem})}):k(G,{kind:e.problem?`warn`:`good`,children:[e.problem?P(`auditUnsealed`,{n:I(e.entries),problem:e.problem}):P(`auditWhole`,{n:I(e.entries)}),` `,e.lastHash?k(`span`,{class:`path mono breakable`,children:P(`auditHash`,{hash:e.lastHash})}):null]})}var fm=[`off`,`optional`,`required`],pm=[``,`jwksUrl`,`publicKey`,`sharedSecret`],mm=`settings.identity.`;function hm(e){return pm.find(t=>t!==``&&e[t]!==``)??``}function gm({read:e,onSaved:t}){let{services:r}=U(),a=e.settings??o(ru),s=a.identity??o(au,{mode:`off`}),[c,l]=n(s),[u,d]=n(hm(s)),[f,p]=n(s.claims.join(`, `)),m=z(),h=T(null),g=m.failure?.field??``;w(()=>h.current?.querySelector(`[aria-invalid=true]`)?.focus(),[m.failure]);let _=e=>l(Object.assign(It(au,c),e)),v=()=>{m.run(async()=>{let n=It(ru,a),{jwksUrl:i,publicKey:s,sharedSecret:l,issuer:d,audience:p}=c;n.identity=o(au,{mode:c.mode,emailCodes:c.emailCodes,issuer:u===``?``:d.trim(),audience:u===``?``:p.trim(),claims:u===``?[]:f.split(`,`).map(e=>e.trim()).filter(e=>e!==``),...u===``?{}:{[u]:{jwksUrl:i,publicKey:s,sharedSecret:l}[u].trim()}}),await r.admin.updateTenantSettings({revision:e.revision,settings:n}),t()})},y=m.failure?.message.replace(`${g}: `,``)??``,b=e=>g.startsWith(`${mm}${e}`)?P(`wrongIdentity`,{why:y}):void 0,ee=[`mode`,`issuer`,`audience`,`jwks_url`,`public_key`,`shared_secret`,`claims`].some(e=>b(e)!==void 0),x=(e,t,n,r,i=``)=>k(X,{label:n,hint:r,error:b(t),children:(t,n,r)=>k(`input`,{id:t,class:`field mono`,required:!0,value:c[e],placeholder:i,"aria-invalid":r,"aria-describedby":n,onInput:t=>_({[e]:t.currentTarget.value})})});return k(`form`,{class:`panel-card stack`,ref:h,onSubmit:e=>{e.preventDefault(),v()},children:[k(`p`,{class:`soft`,children:P(`identityMore`)}),k(X,{label:P(`identityMode`),error:b(`mode`),children:(e,t,n)=>k(`select`,{id:e,class:`field`,value:c.mode||`off`,"aria-invalid":n,"aria-describedby":t,onChange:e=>_({mode:e.currentTarget.value}),children:fm.map(e=>k(`option`,{value:e,children:_m(e)},e))})}),k(`label`,{class:`check`,children:[k(`input`,{type:`checkbox`,checked:c.emailCodes,onChange:e=>_({emailCodes:e.currentTarget.checked})}),` `,P(`emailCodes`)]}),k(X,{label:P(`identityProof`),hint:u===`sharedSecret`?P(`sharedSecretWeak`):``,children:(e,t)=>k(`select`,{id:e,class:`field`,value:u,"aria-describedby":t,onChange:e=>d(e.currentTarget.value),children:pm.map(e=>k(`option`,{value:e,children:vm(e)},e))})}),u===`jwksUrl`?x(`jwksUrl`,`jwks_url`,P(`jwksUrl`),P(`jwksUrlHint`),`https://shop.example.com/.well-known/jwks.json`):null,u===`sharedSecret`?x(`sharedSecret`,`shared_secret`,P(`secretName`),P(`secretNameHint`),`identity`):null,u===`publicKey`?k(X,{label:P(`publicKey`),error:b(`public_key`),children:(e,t,n)=>k(`textarea`,{id:e,class:`field mono`,rows:5,required:!0,value:c.publicKey,placeholder:`-----BEGIN PUBLIC KEY-----`,"aria-invalid":n,"aria-describedby":t,onInput:e=>_({publicKey:e.currentTarget.value})})}):null,u===``?null:k(i,{children:[k(`div`,{class:`row`,children:[x(`issuer`,`issuer`,P(`issuer`),P(`issuerHint`),`https://shop.example.com`),x(`audience`,`audience`,P(`tokenAudience`),P(`audienceHint`),`kefu`)]}),k(X,{label:P(`keptClaims`),hint:P(`keptClaimsHint`),error:b(`claims`),children:(e,t,n)=>k(`input`,{id:e,class:`field mono`,value:f,placeholder:`name, email`,"aria-invalid":n,"aria-describedby":t,onInput:e=>p(e.currentTarget.value)})})]}),k(K,{failure:ee?null:m.failure}),k(`div`,{class:`dialog-actions`,children:k(`button`,{type:`submit`,class:`button primary`,disabled:m.busy,children:m.busy?P(`saving`):P(`save`)})})]})}function _m(e){return{off:P(`identityOff`),optional:P(`identityOptional`),required:P(`identityRequired`)}[e]}function vm(e){return{"":P(`noTokens`),jwksUrl:P(`proofJwks`),publicKey:P(`proofKey`),sharedSecret:P(`proofSecret`)}[e]}var ym=[`zh`,`en`],bm=1e3,xm=[`settings.time_zone`,`settings.escalate_seconds`,`settings.claim_seconds`,`settings.business_hours`,`settings.texts.`];function Sm({read:e,onSaved:t}){let{services:r}=U(),i=e.settings??o(ru),[a,s]=n(i.businessHours.join(`
`)),[c,l]=n(i.timeZone??``),[u,d]=n(i.escalateSeconds===void 0?``:String(i.escalateSeconds)),[f,p]=n(i.claimSeconds===void 0?``:String(i.claimSeconds)),[m,h]=n(i.texts),g=z(),_=T(null),v=g.failure?.field??``,y=a.split(`
`).map(e=>e.trim()).filter(e=>e!==``),b=(e,t)=>v===e?t:void 0,ee=y.find(e=>g.failure?.message.includes(`"${e}"`))??y.join(`; `);w(()=>_.current?.querySelector(`[aria-invalid=true]`)?.focus(),[g.failure]);let x=[[`greeting`,P(`textGreeting`)],[`handoffNothingRelevant`,P(`textNothingRelevant`)],[`handoffCustomerAsked`,P(`textCustomerAsked`)],[`handoffOutOfHours`,P(`textOutOfHours`)]],S=()=>{g.run(async()=>{let n=It(ru,i);n.businessHours=y,n.texts=m;let{timeZone:a,escalateSeconds:o,claimSeconds:s}=ru.field;c.trim()===``?pn(n,a):n.timeZone=c.trim(),u===``?pn(n,o):n.escalateSeconds=Number(u),f===``?pn(n,s):n.claimSeconds=Number(f),await r.admin.updateTenantSettings({revision:e.revision,settings:n}),t()})};return k(`form`,{class:`panel-card stack`,ref:_,onSubmit:e=>{e.preventDefault(),S()},children:[k(`div`,{class:`row`,children:[k(X,{label:P(`timeZone`),hint:P(`timeZoneHint`),error:b(`settings.time_zone`,P(`wrongZone`)),children:(e,t,n)=>k(`input`,{id:e,class:`field`,value:c,placeholder:`Asia/Shanghai`,"aria-invalid":n,"aria-describedby":t,onInput:e=>l(e.currentTarget.value)})}),k(X,{label:P(`escalateSeconds`),hint:P(`escalateHint`),error:b(`settings.escalate_seconds`,P(`wrongSeconds`)),children:(e,t,n)=>k(`input`,{id:e,class:`field`,type:`number`,min:0,step:1,value:u,"aria-invalid":n,"aria-describedby":t,onInput:e=>d(e.currentTarget.value)})}),k(X,{label:P(`claimSeconds`),hint:P(`claimHint`),error:b(`settings.claim_seconds`,P(`wrongSeconds`)),children:(e,t,n)=>k(`input`,{id:e,class:`field`,type:`number`,min:0,step:1,value:f,"aria-invalid":n,"aria-describedby":t,onInput:e=>p(e.currentTarget.value)})})]}),k(X,{label:P(`businessHours`),hint:P(`businessHoursHint`),error:b(`settings.business_hours`,P(`wrongHours`,{line:ee})),children:(e,t,n)=>k(`textarea`,{id:e,class:`field mono`,rows:4,value:a,placeholder:`Mon-Fri 09:00-18:00`,"aria-invalid":n,"aria-describedby":t,onInput:e=>s(e.currentTarget.value)})}),ym.map(e=>k(`fieldset`,{class:`plain-fieldset stack`,children:[k(`legend`,{children:P(`textsIn`,{language:ei(e)})}),x.map(([t,n])=>k(X,{label:n,hint:t===`handoffOutOfHours`?P(`openingHint`):``,error:v.startsWith(`settings.texts.`)&&[...m[e]?.[t]??``].length>bm?P(`wrongText`):void 0,children:(n,r,i)=>k(`textarea`,{id:n,class:`field`,rows:2,dir:`auto`,placeholder:P(`installationsText`),value:m[e]?.[t]??``,"aria-invalid":i,"aria-describedby":r,onInput:n=>{let r=It(iu,m[e]??o(iu));r[t]=n.currentTarget.value,h({...m,[e]:r})}})},t))]},e)),k(K,{failure:xm.some(e=>v.startsWith(e))?null:g.failure}),k(`div`,{class:`dialog-actions`,children:k(`button`,{type:`submit`,class:`button primary`,disabled:g.busy,children:g.busy?P(`saving`):P(`save`)})})]})}function Cm({form:e}){let{me:t,services:r}=U(),a=R(e=>r.admin.getTenantSettings({},{signal:e}),[r]),[o,s]=n(!1);if(a.failure)return k(K,{failure:a.failure,retry:a.reload});if(a.value===null)return k(J,{});let c=a.value.trustRevision;return k(i,{children:[o?k(G,{kind:`good`,children:P(`saved`)}):null,c?k(G,{kind:`info`,children:P(`trustChanged`,{when:F(c.createTime),who:c.author.replace(`tenants/${t.tenant}/`,``)})}):null,k(e,{read:a.value,onSaved:()=>{s(!0),a.reload()}},String(a.value.revision))]})}var wm=[xu.HANDOFF,xu.TURN,xu.RATING,xu.ESCALATION,xu.GOLDEN];function Tm(){let{services:e}=U(),[t,r]=n(null),a=z(),o=R(async t=>(await e.webhooks.listWebhooks({},{signal:t})).webhooks,[e]),s=()=>r(null);return k(i,{children:[k(`div`,{class:`toolbar`,children:[k(`p`,{class:`soft`,children:P(`webhooksMore`)}),k(`button`,{type:`button`,class:`button primary`,onClick:()=>r({kind:`add`}),children:[k(W,{name:`plus`}),` `,P(`addWebhook`)]})]}),k(K,{failure:o.failure,retry:o.reload}),o.value===null&&o.failure===null?k(J,{}):null,o.value?.length===0?k(q,{icon:`gear`,title:P(`noWebhooks`)}):null,k(`ul`,{class:`cards`,children:o.value?.map(e=>k(`li`,{class:`card`,children:[k(`p`,{class:`breakable mono`,children:e.url}),k(`div`,{class:`card-foot`,children:[e.events.map(e=>k(Y,{children:km(e)},e)),k(`span`,{class:`card-actions`,children:[k(`button`,{type:`button`,class:`button small`,onClick:()=>r({kind:`deliveries`,webhook:e}),"aria-label":P(`deliveriesOf`,{url:e.url}),children:P(`deliveries`)}),k(`button`,{type:`button`,class:`button small danger`,onClick:()=>r({kind:`delete`,webhook:e}),"aria-label":P(`deleteNamed`,{title:e.url}),children:P(`delete`)})]})]})]},e.name))}),t?.kind===`add`?k(Em,{onClose:s,onMade:o.reload}):null,t?.kind===`deliveries`?k(Dm,{webhook:t.webhook,onClose:s}):null,t?.kind===`delete`?k(Z,{title:P(`deleteWebhook`),action:P(`delete`),danger:!0,busy:a.busy,failure:a.failure,onClose:s,onConfirm:()=>a.run(async()=>{await e.webhooks.deleteWebhook({name:t.webhook.name}),s(),o.reload()}),children:k(`p`,{class:`breakable`,children:P(`deleteWebhookMore`,{url:t.webhook.url})})}):null]})}function Em({onClose:e,onMade:t}){let{services:r}=U(),[i,a]=n(``),[o,s]=n([xu.HANDOFF]),[c,l]=n(``),u=z();return c===``?k(M,{kind:`box`,title:P(`addWebhook`),closeLabel:P(`close`),onClose:e,children:k(`form`,{class:`stack`,onSubmit:e=>{e.preventDefault(),u.run(async()=>{let e=await r.webhooks.createWebhook({url:i,events:[...o]});l(e.secret),t()})},children:[k(X,{label:P(`address`),children:e=>k(`input`,{id:e,class:`field mono`,type:`url`,required:!0,maxLength:2e3,placeholder:`https://`,value:i,onInput:e=>a(e.currentTarget.value)})}),k(`fieldset`,{class:`plain-fieldset`,children:[k(`legend`,{children:P(`toldOf`)}),wm.map(e=>k(`label`,{class:`check`,children:[k(`input`,{type:`checkbox`,checked:o.includes(e),onChange:t=>s(t.currentTarget.checked?[...o,e]:o.filter(t=>t!==e))}),` `,km(e)]},e))]}),k(K,{failure:u.failure}),k(`div`,{class:`dialog-actions`,children:[k(`button`,{type:`button`,class:`button`,onClick:e,children:P(`cancel`)}),k(`button`,{type:`submit`,class:`button primary`,disabled:u.busy||o.length===0,children:P(`create`)})]})]})}):k(M,{kind:`box`,title:P(`secret`),closeLabel:P(`close`),onClose:e,children:[k(G,{kind:`warn`,children:P(`secretMore`)}),k(`p`,{class:`secret mono breakable`,children:c}),k(`div`,{class:`dialog-actions`,children:k(`button`,{type:`button`,class:`button primary`,onClick:e,children:P(`secretKept`)})})]})}function Dm({webhook:e,onClose:t}){let{services:n}=U(),r=z(),i=R(async t=>(await n.webhooks.listDeliveries({webhook:e.name,pageSize:100},{signal:t})).deliveries,[n,e.name]);return k(M,{kind:`panel`,title:P(`deliveries`),closeLabel:P(`close`),onClose:t,children:[k(`p`,{class:`soft breakable`,children:e.url}),k(K,{failure:i.failure??r.failure,retry:i.reload}),i.value===null&&i.failure===null?k(J,{}):null,i.value?.length===0?k(q,{icon:`gear`,title:P(`noDeliveries`)}):null,k(`ul`,{class:`plain-list rows`,children:i.value?.map(e=>k(`li`,{class:`delivery`,children:[k(`span`,{children:[k(Y,{kind:e.state===bu.DELIVERED?`good`:e.state===bu.FAILED?`danger`:`warn`,children:Om(e)}),` `,km(e.event),` · `,F(e.createTime),e.error&&e.httpStatus===0?k(`span`,{class:`soft breakable`,children:[` · `,e.error]}):null,e.error&&e.nextTime?k(`span`,{class:`soft`,children:[` · `,P(`nextAttempt`,{time:F(e.nextTime)})]}):null]}),k(`button`,{type:`button`,class:`button small`,disabled:r.busy,onClick:()=>r.run(async()=>{await n.webhooks.redeliver({name:e.name}),i.reload()}),children:[k(W,{name:`redo`}),` `,P(`redeliver`)]})]},e.name))})]})}function Om(e){let t=e.httpStatus>0?` · ${e.httpStatus}`:``;switch(e.state){case bu.DELIVERED:return P(`delivered`)+t;case bu.FAILED:return P(`givenUp`)+t;default:return P(`attempts`,{n:e.attempts})+t}}function km(e){switch(e){case xu.HANDOFF:return P(`eventHandoff`);case xu.TURN:return P(`eventTurn`);case xu.RATING:return P(`eventRating`);case xu.ESCALATION:return P(`eventEscalation`);case xu.GOLDEN:return P(`eventGolden`);default:return String(e)}}var Am=[`desk`,`hours`,`customers`,`webhooks`,`audit`],jm={hours:`settings`,customers:`admin`,webhooks:`admin`,audit:`admin`};function Mm(){let{me:e}=U(),t=Am.filter(t=>t===`desk`||Q(e,jm[t])),n=t.find(e=>e===ii.value.rest[0])??`desk`,r={desk:P(`thisDesk`),hours:P(`hoursAndTexts`),customers:P(`identity`),webhooks:P(`webhooks`),audit:P(`auditLog`)};return k(`div`,{class:`page`,children:[k(Di,{title:P(`settings`)}),k(Ei,{label:P(`settings`),items:t.map(e=>({href:H(`settings`,e),label:r[e],current:e===n}))}),n===`desk`?k(Nm,{}):null,n===`hours`?k(Cm,{form:Sm}):null,n===`customers`?k(Cm,{form:gm}):null,n===`webhooks`?k(Tm,{}):null,n===`audit`?k(sm,{}):null]})}function Nm(){let{me:e,agent:t,config:n,signOut:r}=U();return k(`section`,{class:`panel-card`,children:[k(`dl`,{class:`facts`,children:[k(`dt`,{children:P(`name`)}),k(`dd`,{children:t}),k(`dt`,{children:P(`keyOf`)}),k(`dd`,{class:`breakable`,children:e.name||e.subject}),k(`dt`,{children:P(`tenant`)}),k(`dd`,{children:e.tenant}),k(`dt`,{children:P(`role`)}),k(`dd`,{children:Ri(e)}),k(`dt`,{children:P(`scopes`)}),k(`dd`,{children:_e(e.scopes)}),k(`dt`,{children:P(`version`)}),k(`dd`,{children:n.version})]}),k(`div`,{class:`row tools`,children:[k(`button`,{type:`button`,class:`button small`,onClick:()=>yi(``),children:[k(W,{name:`edit`}),` `,P(`changeName`)]}),k(`button`,{type:`button`,class:`button small`,"aria-pressed":Cs.value,onClick:()=>Ts(!Cs.value),children:[k(W,{name:Cs.value?`bell`:`mute`}),` `,Cs.value?P(`soundOn`):P(`soundOff`)]}),k(em,{}),k(nm,{}),k(`button`,{type:`button`,class:`button small`,onClick:r,children:[k(W,{name:`leave`}),` `,P(`signOut`)]})]})]})}async function Pm(e){try{let t=await _i(await e.token());return Fi(t)?{trouble:`stranger`}:{me:t}}catch(e){return{trouble:e instanceof gi&&(e.status===401||e.status===403)?`refused`:`unreachable`}}}function Fm(e){let[t,r]=n(``),[i,a]=n(!1),[o,s]=n(e.trouble),{oidc:c}=e.config,l=async()=>{a(!0);let n=t.trim(),r=await Pm(Ce(n,()=>void 0));a(!1),`me`in r?e.onSignedIn(n,r.me):s(r.trouble)};return k(`main`,{class:`gate`,children:k(`div`,{class:`gate-card`,children:[k(`img`,{src:`/icon.svg`,alt:``,width:`40`,height:`40`}),k(`h1`,{children:P(`deskOf`,{title:e.config.title})}),k(`p`,{class:`soft`,children:P(`signInMore`)}),o?k(G,{kind:`danger`,children:Lm(o)}):null,c?k(`button`,{type:`button`,class:`button primary wide`,onClick:()=>{Gf(c,o===`accountRefused`||o===`accountStranger`).catch(()=>{s(`provider`)})},children:[k(W,{name:`leave`}),` `,P(`signInCompany`)]}):null,k(`form`,{class:`stack`,onSubmit:e=>{e.preventDefault(),l()},children:[k(X,{label:P(`key`),hint:P(`keyHint`),children:(e,n)=>k(`input`,{id:e,class:`field mono`,type:`password`,autocomplete:`off`,spellcheck:!1,placeholder:`kefu_…`,value:t,required:!0,"aria-describedby":n,onInput:e=>r(e.currentTarget.value)})}),k(`button`,{type:`submit`,class:`button wide ${c?``:`primary`}`,disabled:i||t.trim()===``,children:P(`signIn`)})]}),k(em,{})]})})}function Im({proposed:e}){let[t,r]=n(e),i=t.trim()!==``&&[...t.trim()].length<=100;return k(`main`,{class:`gate`,children:k(`form`,{class:`gate-card stack`,onSubmit:e=>{e.preventDefault(),i&&yi(t.trim())},children:[k(`h1`,{children:P(`yourName`)}),k(`p`,{class:`soft`,children:P(`yourNameMore`)}),k(X,{label:P(`name`),children:e=>k(`input`,{id:e,class:`field`,autocomplete:`name`,maxLength:100,required:!0,value:t,onInput:e=>r(e.currentTarget.value)})}),k(`button`,{type:`submit`,class:`button primary wide`,disabled:!i,children:P(`goOn`)})]})})}function Lm(e){switch(e){case`refused`:return P(`troubleRefused`);case`stranger`:return P(`troubleStranger`);case`unreachable`:return P(`troubleUnreachable`);case`provider`:return P(`troubleProvider`);case`accountRefused`:return P(`troubleAccountRefused`);case`accountStranger`:return P(`troubleAccountStranger`);case`accountEnded`:return P(`troubleAccountEnded`)}}var Rm=20,zm=500;function Bm(e,t=Wm(e)){let n=e.central?.language??``,r=[...e.central?[e.central]:[],...e.questions].filter(e=>e.language===n),i=[...new Map(r.map(e=>[e.text.trim().toLowerCase(),e.text.trim()])).values()].filter(e=>e!==``&&e.length<=zm);return o(Or,{questions:i.slice(0,Rm),answer:t,language:n})}function Vm(e){return[...new Set(e.questions.map(e=>e.reply.trim()).filter(e=>e!==``))]}function Hm(e){return Gm(e.questions.map(e=>e.language))}function Um(e){return Gm(e.questions.map(e=>e.ratedDown?`rated_down`:e.reason))}function Wm(e){return Vm(e)[0]??``}function Gm(e){let t=new Map;for(let n of e)t.set(n,(t.get(n)??0)+1);return[...t].sort((e,t)=>t[1]-e[1])}var Km=[1,7,30,0];function qm(){let{services:e,me:t,config:r}=U(),[i,a]=n(30),[o,s]=n(null),[c,l]=n(``),u=z(),d=Q(t,`knowledge`),f=R(async t=>{let n=i>0?{startTime:zt(new Date(Date.now()-i*864e5))}:{},r=await e.insight.listUnanswered({...n,pageSize:100},{signal:t});return{groups:r.groups,total:r.totalQuestions}},[e,i]),p=R(async t=>d?(await e.knowledge.listCollections({pageSize:100},{signal:t})).collections:[],[e]),m=p.value?.find(e=>r.collections.some(t=>t.endsWith(V(e.name))))??p.value?.[0],h=async t=>{let n=t.questions.map(e=>e.turn),{dismissed:r}=await e.insight.dismissUnanswered({turns:n.length>0?n:[t.central?.turn??``]});l(P(`dismissed`,{n:r})),f.reload()};return k(`div`,{class:`page`,children:[k(Di,{title:P(`unanswered`),children:k(`label`,{class:`picker`,children:[k(`span`,{class:`soft`,children:P(`span`)}),k(`select`,{class:`field`,value:i,onChange:e=>a(Number(e.currentTarget.value)),children:Km.map(e=>k(`option`,{value:e,children:e===0?P(`allKept`):P(`lastDays`,{count:e})},e))})]})}),k(`p`,{class:`soft page-lead`,children:P(`unansweredMore`)}),k(K,{failure:f.failure??u.failure,retry:f.reload}),c?k(G,{kind:`good`,children:c}):null,f.value===null&&f.failure===null?k(J,{}):null,f.value?.groups.length===0?k(q,{icon:`sparkle`,title:P(`allAnswered`),children:P(`allAnsweredMore`)}):null,f.value&&f.value.groups.length>0?k(`p`,{class:`soft`,children:P(`groupCount`,{questions:P(`questionCount`,{count:I(f.value.total)}),groups:P(`groups`,{count:f.value.groups.length})})}):null,k(`ol`,{class:`cards groups`,children:f.value?.groups.map(e=>k(Jm,{group:e,mayWrite:d&&m!==void 0,busy:u.busy,onWrite:t=>s({group:e,...t===void 0?{}:{reply:t}}),onDismiss:()=>u.run(()=>h(e))},e.central?.turn))}),o&&m?k(Ni,{answer:Bm(o.group,o.reply),collection:m.name,collections:p.value??[],replies:Vm(o.group),onClose:()=>s(null),onSaved:async()=>{let{group:e}=o;s(null),await h(e),l(P(`curatedMade`))}}):null]})}function Jm(e){let{group:t}=e,n=t.central?.text??``;return k(`li`,{class:`card group`,children:[k(`div`,{class:`group-head`,children:[k(`span`,{class:`group-count`,children:[I(t.count),k(`span`,{class:`unseen`,children:[` `,P(`questions`)]})]}),k(`h2`,{dir:`auto`,children:n})]}),k(`p`,{class:`item-tags`,children:[Hm(t).map(([e,t])=>k(Y,{children:[ei(e),` · `,t]},e)),Um(t).map(([e,t])=>k(Y,{kind:`warn`,children:[e===`rated_down`?P(`ratedDown`):qi(e),` · `,t]},e))]}),k(`details`,{class:`examples`,children:[k(`summary`,{children:P(`examples`,{n:t.questions.length})}),k(`ul`,{class:`plain-list`,children:t.questions.map(t=>k(Ym,{question:t,onWrite:e.mayWrite?e.onWrite:void 0},t.turn))})]}),k(`div`,{class:`row tools`,children:[k(`button`,{type:`button`,class:`button primary small`,disabled:!e.mayWrite||e.busy,onClick:()=>e.onWrite(),"aria-label":P(`writeAnswerTo`,{question:n}),children:[k(W,{name:`sparkle`}),` `,P(`writeAnswer`)]}),t.central?k(`a`,{class:`button small`,href:H(`inbox`,ti(t.central.turn)),children:P(`openConversation`)}):null,t.central?k(`a`,{class:`button small`,href:Ai(t.central.turn),"aria-label":P(`makeGoldenOf`,{question:n}),children:[k(W,{name:`star`}),` `,P(`makeGolden`)]}):null,k(`button`,{type:`button`,class:`button small quiet`,disabled:e.busy,onClick:e.onDismiss,"aria-label":P(`dismissNamed`,{question:n}),children:P(`dismiss`)}),e.mayWrite?null:k(`span`,{class:`hint`,children:P(`writeNeedsScope`)})]})]})}function Ym({question:e,onWrite:t}){return k(`li`,{class:`example`,children:[k(`p`,{dir:`auto`,children:e.text}),k(`p`,{class:`soft`,children:[F(e.createTime),` · `,e.ratedDown?P(`ratedDown`):qi(e.reason),` ·`,` `,k(`a`,{href:H(`inbox`,ti(e.turn)),children:P(`openConversation`)})]}),e.reply?k(`div`,{class:`example-reply`,children:[k(`p`,{class:`soft`,children:P(`personReplied`)}),k(Oi,{text:e.reply}),t?k(`button`,{type:`button`,class:`button small`,onClick:()=>t(e.reply),children:P(`makeCurated`)}):null]}):null]})}function Xm({config:e,connect:t}){let[r,i]=n(`asking`),a=e=>{hi(``),Jf(),i({trouble:e})},o=()=>{a(`refused`)};return w(()=>{document.documentElement.lang=de.value===`zh`?`zh-CN`:`en`,document.title=P(`deskTitle`)},[de.value]),w(()=>{Zm(e,o,()=>{a(`accountEnded`)}).then(i)},[]),r===`asking`?k(J,{}):`trouble`in r?k(Fm,{config:e,trouble:r.trouble,onSignedIn:(e,t)=>{hi(e),i({credentials:Ce(e,o),me:t})}}):vi.value===``?k(Im,{proposed:r.me.name}):k($m,{config:e,connect:t,credentials:r.credentials,me:r.me,leave:a})}async function Zm(e,t,n){let r=null;if(mi()!==``){let e=Ce(mi(),t),n=await Pm(e);if(`me`in n)return{credentials:e,me:n.me};r=n.trouble,r!==`unreachable`&&hi(``)}return e.oidc?Qm(e.oidc,n,r):{trouble:r}}async function Qm(e,t,n){let r=Kf(new URL(location.href)),i;try{i=await qf(e,t)}catch{return{trouble:`provider`}}if(i===null)return{trouble:n};let a=new Set;for(let e of i){let t=await Pm(e);if(`me`in t)return{credentials:e,me:t.me};a.add(t.trouble)}return a.has(`unreachable`)?{trouble:`unreachable`}:(Jf(),{trouble:a.has(`stranger`)?`accountStranger`:r?`accountRefused`:`accountEnded`})}function $m({config:e,connect:t,credentials:n,me:r,leave:i}){let a=vi.value,o=v(()=>({services:Cu(t(n)),me:r,credentials:n,config:e,agent:a,signOut:()=>i(null)}),[n,a]);return w(()=>{if(!Q(r,`desk`))return;let[e,t]=[Ss(o.services,a),Es(a)];return()=>{e(),t()}},[o]),w(()=>Q(r,`settings`)?Bo(o.services):void 0,[o]),k(fi,{value:o,children:k(th,{})})}var eh={inbox:`inbox`,conversations:`say`,review:`check`,unanswered:`question`,knowledge:`book`,procedures:`flow`,golden:`star`,numbers:`chart`,settings:`gear`};function th(){let{me:e,agent:t,config:n,signOut:r}=U(),{section:i}=ii.value,a=Li(e),o=location.hash.length<3?a[0]??i:i,s=Qo($.value,t),c={inbox:P(`inbox`),conversations:P(`conversationsTitle`),review:P(`review`),unanswered:P(`unanswered`),knowledge:P(`knowledge`),procedures:P(`procedures`),golden:P(`golden`),numbers:P(`numbers`),settings:P(`settings`)};return k(`div`,{class:`shell`,children:[k(`a`,{class:`skip`,href:`#main`,onClick:rh,children:P(`skip`)}),k(`header`,{class:`side`,children:[k(`p`,{class:`brand`,children:[k(`img`,{src:`/icon.svg`,alt:``,width:`28`,height:`28`}),k(`span`,{children:n.title})]}),k(`nav`,{class:`main-nav`,"aria-label":P(`sections`),children:a.map(e=>k(`a`,{href:H(e),"aria-current":e===o?`page`:void 0,children:[k(W,{name:eh[e]}),k(`span`,{class:`nav-name`,"data-name":c[e],children:c[e]}),e===`inbox`&&s>0?k(`span`,{class:`nav-count`,children:[s,k(`span`,{class:`unseen`,children:[` `,P(`wantYou`)]})]}):null,e===`golden`&&zo.value>0?k(`span`,{class:`nav-count`,children:[zo.value,k(`span`,{class:`unseen`,children:[` `,P(`goldenLost`)]})]}):null]},e))}),k(`div`,{class:`side-foot`,children:[k(`p`,{class:`side-who`,children:[k(`span`,{class:`dot`,"aria-hidden":`true`}),` `,k(`span`,{children:[t,` `,k(`span`,{class:`soft`,children:Ri(e)})]})]}),k(`button`,{type:`button`,class:`button quiet small`,onClick:()=>yi(``),children:[k(W,{name:`edit`}),` `,P(`changeName`)]}),k(`button`,{type:`button`,class:`button quiet small`,"aria-pressed":Cs.value,onClick:()=>Ts(!Cs.value),children:[k(W,{name:Cs.value?`bell`:`mute`}),` `,Cs.value?P(`soundOn`):P(`soundOff`)]}),k(em,{}),k(nm,{}),k(`button`,{type:`button`,class:`button quiet small`,onClick:r,children:[k(W,{name:`leave`}),` `,P(`signOut`)]})]})]}),k(`main`,{id:`main`,class:`main section-${o}`,tabIndex:-1,children:k(nh,{section:o})}),k(`p`,{class:`unseen`,role:`status`,children:s>0?P(`callsFor`,{n:s}):``})]})}function nh({section:e}){let{me:t}=U(),n=Ii(t,e);if(n!==null)return k(`div`,{class:`page`,children:k(q,{icon:`leave`,title:P(`noScope`,{scope:n}),children:P(`noScopeMore`,{scope:n})})});switch(e){case`inbox`:return k(Lc,{});case`conversations`:return k(Ha,{});case`review`:return k(qa,{});case`unanswered`:return k(qm,{});case`knowledge`:return k(Ud,{});case`procedures`:return k($p,{});case`golden`:return k(Lo,{});case`numbers`:return k(Pf,{});case`settings`:return k(Mm,{})}}function rh(e){e.preventDefault(),document.getElementById(`main`)?.focus()}function ih({onRetry:e}){return k(`main`,{class:`gate`,children:k(`div`,{class:`gate-card stack`,children:[k(`h1`,{children:P(`deskTitle`)}),k(G,{kind:`danger`,children:P(`troubleUnreachable`)}),k(`button`,{type:`button`,class:`button primary wide`,onClick:e,children:P(`retry`)})]})})}var ah=document.getElementById(`app`);Si(),oi();async function oh(){let e=await We();Xe(e.accent),r(k(Xm,{config:e,connect:e=>ze(location.origin,e)}),ah)}function sh(){oh().catch(()=>{r(k(ih,{onRetry:sh}),ah)})}sh();